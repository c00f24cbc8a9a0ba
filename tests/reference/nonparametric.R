# Welch, ranks, equivalence, alpha: stats, coin, psych.
source(file.path(dirname(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))), "common.R"))
suppressPackageStartupMessages(library(coin))

arms <- read_data("arms")
rows <- na.omit(arms[c("y", "arm")])
for (arm in c("beneficiary", "organisation")) {
  test <- t.test(rows$y[rows$arm == arm], rows$y[rows$arm == "control"])
  record("welch", arm,
    estimate = -diff(test$estimate)[[1]], std_error = test$stderr, statistic = test$statistic[[1]],
    df = test$parameter[[1]], p_value = test$p.value, conf_low = test$conf.int[[1]],
    conf_high = test$conf.int[[2]], n = nrow(rows)
  )
  two <- droplevels(rows[rows$arm %in% c("control", arm), ])
  two$arm <- factor(two$arm, levels = c(arm, "control"))
  plain <- wilcox.test(y ~ arm, two, exact = FALSE, correct = FALSE)
  record("mann_whitney", arm,
    estimate = plain$statistic[[1]] / prod(table(two$arm)), p_value = plain$p.value,
    statistic = statistic(wilcox_test(y ~ arm, two), "standardized")[[1]], n = nrow(rows)
  )
}
kruskal <- kruskal.test(y ~ arm, rows)
record("mann_whitney", "any arm", statistic = kruskal$statistic[[1]], df = kruskal$parameter[[1]], p_value = kruskal$p.value)

# Van Elteren: ranks inside blocks over block size plus one, shuffled inside blocks.
ranked <- function(values) rank(values) / (length(values) + 1)
elteren <- function(data, case, terms) {
  data$score <- ave(data$y, data$block, FUN = ranked)
  data$block <- factor(data$block)
  test <- independence_test(score ~ arm | block, data, teststat = if (length(terms) == 1) "scalar" else "quadratic")
  record(case, if (length(terms) == 1) terms else "any arm",
    statistic = if (length(terms) == 1) abs(statistic(test)[[1]]) else statistic(test)[[1]],
    p_value = pvalue(test)[[1]]
  )
}
blocks <- read_data("blocks")
blocks$y <- round(blocks$y)
elteren(blocks, "van_elteren", "beneficiary")
triplets <- na.omit(read_data("triplets"))
triplets$y <- round(triplets$y)
triplets <- triplets[triplets$block %in% names(which(table(triplets$block) > 1)), ]
elteren(triplets, "van_elteren triplets", c("beneficiary", "organisation"))

# Two one-sided t tests by hand from the HC2 fit, with Bell and McCaffrey's degrees of freedom.
fit <- estimatr::lm_robust(y ~ arm, arms)
plain <- lm(y ~ arm, arms)
freedom <- clubSandwich::coef_test(plain, vcov = "CR2", cluster = seq_len(nobs(plain)))
for (arm in c("beneficiary", "organisation")) {
  row <- estimatr::tidy(fit)
  row <- row[row$term == paste0("arm", arm), ]
  row$df <- freedom[paste0("arm", arm), "df_Satt"]
  above <- pt((row$estimate + 1) / row$std.error, row$df, lower.tail = FALSE)
  below <- pt((row$estimate - 1) / row$std.error, row$df)
  half <- qt(0.95, row$df) * row$std.error
  record("equivalence", arm,
    estimate = row$estimate, std_error = row$std.error, df = row$df, p_value = max(above, below),
    conf_low = row$estimate - half, conf_high = row$estimate + half, n = fit$nobs
  )
}

items <- na.omit(arms[c("item", "calm", "count", "x")])
alpha <- suppressWarnings(psych::alpha(as.data.frame(items), warnings = FALSE, check.keys = FALSE))
record("cronbach_alpha", "items", estimate = alpha$total$raw_alpha)

write_estimates("nonparametric")
