# Counts and ordered answers: glm with sandwich, MASS, ordinal.
source(file.path(dirname(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))), "common.R"))
suppressPackageStartupMessages({
  library(MASS)
  library(sandwich)
})

arms <- read_data("arms")
rows <- na.omit(arms[c("count", "arm", "x")])
control <- glm.control(epsilon = 1e-15, maxit = 200)
tests <- function(case, fit, covariance) {
  for (arm in c("beneficiary", "organisation")) {
    name <- paste0("arm", arm)
    record_t(case, arm, coef(fit)[[name]], sqrt(covariance[name, name]), df.residual(fit), nobs(fit))
  }
}
fit <- glm(count ~ arm + x, quasipoisson, rows, control = control)
tests("poisson classical", fit, vcov(fit))
fit <- glm(count ~ arm + x, poisson, rows, control = control)
for (se in c("HC0", "HC1", "HC2", "HC3")) tests(paste("poisson", se), fit, vcovHC(fit, type = se))

fit <- glm.nb(count ~ arm + x, rows, control = control)
tests("negative_binomial classical", fit, vcov(fit))
for (se in c("HC0", "HC2", "HC3")) tests(paste("negative_binomial", se), fit, vcovHC(fit, type = se))

strict <- ordinal::clm.control(gradTol = 1e-12, maxIter = 200)
for (text in c("item ~ arm", "item ~ arm + x")) {
  rows <- na.omit(arms[all.vars(as.formula(text))])
  rows$item <- factor(rows$item)
  fit <- ordinal::clm(as.formula(text), data = rows, control = strict)
  tests_of <- summary(fit)$coefficients
  for (arm in c("beneficiary", "organisation")) {
    row <- tests_of[paste0("arm", arm), ]
    record_t(paste("ordered_logit", text), arm, row[[1]], row[[2]], Inf, nrow(rows))
  }
}

write_estimates("models")
