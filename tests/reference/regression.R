# Least squares with robust standard errors: estimatr (lm_robust, lm_lin), clubSandwich.
source(file.path(dirname(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))), "common.R"))
suppressPackageStartupMessages(library(estimatr))
suppressPackageStartupMessages(library(clubSandwich))

# Terms of a fit, renamed by `names` (fit's name -> ours).
record_fit <- function(case, fit, names) {
  table <- tidy(fit)
  for (name in names(names)) {
    row <- table[table$term == name, ]
    record(case, names[[name]],
      estimate = row$estimate, std_error = row$std.error, statistic = row$statistic,
      df = row$df, p_value = row$p.value, conf_low = row$conf.low, conf_high = row$conf.high,
      n = fit$nobs
    )
  }
}

arms <- read_data("arms")
both <- c(armbeneficiary = "beneficiary", armorganisation = "organisation")
for (se in c("HC2", "HC3", "HC1", "HC0", "classical")) {
  record_fit(paste0("difference_in_means ", se), lm_robust(y ~ arm, arms, se_type = se), both)
}
full <- na.omit(arms[c("y", "arm", "x", "income")])
for (se in c("HC2", "HC3", "classical")) {
  fit <- lm_lin(y ~ arm, ~ x + income, full, se_type = se)
  record_fit(paste0("lin ", se), fit, both)
}

# Moderator, centred on the rows used; every row is its own cluster.
full <- na.omit(arms[c("y", "arm", "x")])
full$m <- full$x - mean(full$x)
moderated <- lm(y ~ arm * m, full)
terms <- c(
  armbeneficiary = "beneficiary", armorganisation = "organisation",
  `armbeneficiary:m` = "beneficiary:x", `armorganisation:m` = "organisation:x"
)
for (se in c("HC2", "HC3")) {
  table <- coef_test(moderated, vcov = sub("HC", "CR", se), cluster = seq_len(nrow(full)), test = "Satterthwaite")
  for (name in names(terms)) {
    row <- table[name, ]
    record_t(paste("heterogeneity", se), terms[[name]], row$beta, row$SE, row$df, nrow(full))
  }
}

# 2x2. Codes of plus and minus one half for the averages, 0/1 codes for the cells.
cells <- read_data("factorial")
record_factorial <- function(case, data, right_half, right_01, right_10, fixed = NULL) {
  data$r <- data$reward - 0.5
  data$b <- data$beneficiary - 0.5
  data$no_r <- 1 - data$reward
  data$no_b <- 1 - data$beneficiary
  data$cell <- factor(data$reward + 2 * data$beneficiary)
  fit <- function(text) lm_robust(as.formula(paste("y ~", text)), data)
  record_fit(case, fit(paste0("r * b", right_half)), c(r = "reward", b = "beneficiary", `r:b` = "reward:beneficiary"))
  record_fit(case, fit(paste0("reward * beneficiary", right_01)), c(reward = "reward | beneficiary=0", beneficiary = "beneficiary | reward=0"))
  record_fit(case, fit(paste0("reward * no_b", right_10)), c(reward = "reward | beneficiary=1"))
  record_fit(case, fit(paste0("beneficiary * no_r", right_10)), c(beneficiary = "beneficiary | reward=1"))
  record_fit(case, fit(paste0("cell", right_10)), c(cell3 = "reward + beneficiary"))
}
record_factorial("factorial", cells, "", "", "")
full <- na.omit(cells[c("y", "x", "reward", "beneficiary", "block")])
full$z <- full$x - mean(full$x)
full$cell <- factor(full$reward + 2 * full$beneficiary)
slopes <- " + z:cell"
record_factorial("factorial covariate", full, slopes, slopes, slopes)

# Blocks as fixed effects beside a covariate: averages from all cells, comparisons from their two.
full$block <- factor(full$block)
full$r <- full$reward - 0.5
full$b <- full$beneficiary - 0.5
fit <- lm_robust(y ~ r * b + z:cell + block, full)
record_fit("factorial covariate blocks", fit, c(r = "reward", b = "beneficiary", `r:b` = "reward:beneficiary"))
two_cells <- function(case, low, high, term) {
  two <- full[full$cell %in% c(low, high), ]
  met <- tapply(two$cell, two$block, function(cells) length(unique(cells)))
  two <- two[two$block %in% names(which(met == 2)), ]
  two$arm <- as.numeric(two$cell == high)
  fit <- tidy(lm_robust(y ~ arm * z + block, two))[2, ]
  record_t(case, term, fit$estimate, fit$std.error, fit$df, nrow(full))
}
two_cells("factorial covariate blocks", 0, 1, "reward | beneficiary=0")
two_cells("factorial covariate blocks", 0, 2, "beneficiary | reward=0")
two_cells("factorial covariate blocks", 2, 3, "reward | beneficiary=1")
two_cells("factorial covariate blocks", 1, 3, "beneficiary | reward=1")
two_cells("factorial covariate blocks", 0, 3, "reward + beneficiary")
two_cells("lin blocks", 0, 1, "reward")
two_cells("lin blocks", 0, 2, "beneficiary")
two_cells("lin blocks", 0, 3, "both")

write_estimates("regression")
