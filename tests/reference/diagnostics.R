# Attrition, balance, Lee bounds: stats, coin, and Lee's formula written out.
source(file.path(dirname(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))), "common.R"))
suppressPackageStartupMessages({
  library(coin)
  library(estimatr)
})

selection <- read_data("selection")
selection$lost <- as.numeric(is.na(selection$completed))
fit <- tidy(lm_robust(lost ~ arm, selection))[2, ]
record("attrition", "beneficiary",
  estimate = fit$estimate, std_error = fit$std.error, statistic = fit$statistic, df = fit$df,
  p_value = fit$p.value, conf_low = fit$conf.low, conf_high = fit$conf.high, n = nrow(selection)
)
test <- chisq.test(table(selection$arm, selection$lost), correct = FALSE)
record("attrition", "any arm", statistic = test$statistic[[1]], df = test$parameter[[1]], p_value = test$p.value, n = nrow(selection))

arms <- read_data("arms")
for (name in c("x", "income", "group")) {
  rows <- na.omit(data.frame(value = arms[[name]], arm = arms$arm))
  fit <- tidy(lm_robust(value ~ arm, rows))
  for (arm in c("beneficiary", "organisation")) {
    spread <- sqrt((var(rows$value[rows$arm == arm]) + var(rows$value[rows$arm == "control"])) / 2)
    row <- fit[fit$term == paste0("arm", arm), ]
    record("balance", paste(name, arm),
      estimate = row$estimate / spread, std_error = row$std.error / spread, statistic = row$statistic,
      df = row$df, p_value = row$p.value, n = nrow(rows)
    )
  }
}
rows <- na.omit(arms[c("x", "income", "group", "arm")])
rows$income <- rows$income / 1000
joint <- independence_test(x + income + group ~ arm, rows, teststat = "quadratic")
record("balance", "all covariates any arm", statistic = statistic(joint)[[1]], p_value = pvalue(joint)[[1]], df = joint@statistic@df, n = nrow(rows))
cells <- na.omit(read_data("factorial")[c("x", "y", "reward", "beneficiary", "block")])
cells$cell <- factor(cells$reward + 2 * cells$beneficiary)
cells$block <- factor(cells$block)
joint <- independence_test(x + y ~ cell | block, cells, teststat = "quadratic")
record("balance blocks", "all covariates any arm", statistic = statistic(joint)[[1]], p_value = pvalue(joint)[[1]], df = joint@statistic@df)

# Lee: each known outcome stands for equally many thin slices, of which the excess is cut off.
keep <- tapply(!is.na(selection$y), selection$arm, mean)
known <- split(na.omit(selection)$y, na.omit(selection)$arm)
trim <- function(values, kept, decreasing) {
  values <- sort(values, decreasing = decreasing)
  weight <- pmax(0, pmin(1, kept * length(values) - (seq_along(values) - 1)))
  weighted.mean(values, weight)
}
kept <- keep[["control"]] / keep[["beneficiary"]]
stopifnot(kept < 1)
record("lee_bounds", "beneficiary (lower)", estimate = trim(known$beneficiary, kept, FALSE) - mean(known$control), n = nrow(selection))
record("lee_bounds", "beneficiary (upper)", estimate = trim(known$beneficiary, kept, TRUE) - mean(known$control), n = nrow(selection))

write_estimates("diagnostics")
