# Families of contrasts by multcomp (Westfall 1997: closed, with logical constraints and the joint
# law; single step; simultaneous intervals), p.adjust. Prints values as JSON.
suppressPackageStartupMessages(library(multcomp))

# Deviates of contrasts of independent means with unlike variances, on the normal law.
family <- function(means, variances, contrasts) {
  model <- parm(coef = means, vcov = diag(variances))
  test <- glht(model, linfct = contrasts, df = 0)
  set.seed(1)
  westfall <- summary(test, test = adjusted("Westfall", abseps = 1e-6, maxpts = 1e6))$test
  single <- summary(test, test = adjusted("single-step", abseps = 1e-6, maxpts = 1e6))$test
  quantile <- attr(confint(test, abseps = 1e-6, maxpts = 1e6)$confint, "calpha")
  list(
    variances = variances, contrasts = contrasts,
    p_values = 2 * pnorm(-abs(westfall$tstat)),
    westfall = as.vector(westfall$pvalues), single_step = as.vector(single$pvalues),
    critical = as.vector(quantile)
  )
}

names4 <- c("control", "reward", "beneficiary", "both")
cells <- rbind(
  H4 = c(-1, 1, 0, 0), H5 = c(-1, 0, 1, 0), H6 = c(-1, 0, 0, 1), H7 = c(0, 0, -1, 1),
  H8 = c(1, -1, -1, 1)
)
colnames(cells) <- names4
three <- rbind(c(-1, 1, 0), c(-1, 0, 1), c(0, -1, 1))
pairs <- rbind(
  c(-1, 1, 0, 0), c(-1, 0, 1, 0), c(-1, 0, 0, 1), c(0, -1, 1, 0), c(0, -1, 0, 1), c(0, 0, -1, 1)
)

p_values <- c(0.01, 0.04, 0.03, NA, 0.2, 0.001, 0.04, 1, 0)
values <- list(
  families = list(
    cells_one_true = family(c(0, 0.2, 0.1, 2.9), c(0.6, 1.1, 0.4, 0.9), cells),
    cells_two_true = family(c(0, -0.3, 2.2, 2.9), c(0.5, 0.5, 0.5, 0.5), cells),
    cells_weak = family(c(0, 1.3, 0.9, 2.0), c(0.7, 0.3, 1.5, 0.6), cells),
    three_arms = family(c(0, 0.7, 2.3), c(0.5, 0.9, 0.4), three),
    three_arms_weak = family(c(0, 1.9, 2.0), c(0.5, 0.5, 0.5), three),
    all_pairs = family(c(0, 0.4, 2.1, 3.0), c(0.3, 1.2, 0.6, 0.8), pairs)
  ),
  adjust = list(
    p_values = p_values, holm = p.adjust(p_values, "holm"), bh = p.adjust(p_values, "BH")
  )
)
cat(jsonlite::toJSON(values, auto_unbox = TRUE, digits = NA, pretty = TRUE, dataframe = "columns", na = "null"), "\n")
