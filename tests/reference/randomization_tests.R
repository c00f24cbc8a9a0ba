# Permutation tests with every assignment listed: statistics by estimatr, p-values by counting,
# and by coin where its statistic orders the assignments alike. Prints data and values as JSON.
suppressPackageStartupMessages({
  library(coin)
  library(estimatr)
})

# Every assignment that keeps the number treated in each block: one column each.
assignments <- function(z, block) {
  Reduce(function(done, b) {
    rows <- which(block == b)
    chosen <- combn(length(rows), sum(z[rows]))
    grid <- expand.grid(old = seq_len(ncol(done)), new = seq_len(ncol(chosen)))
    out <- done[, grid$old, drop = FALSE]
    out[rows, ] <- 0
    for (i in seq_len(nrow(grid))) out[rows[chosen[, grid$new[i]]], i] <- 1
    out
  }, unique(block), matrix(0, length(z), 1))
}

hits <- function(all, observed) mean(abs(all) >= abs(observed) * (1 - 1e-9))

fits <- list(
  plain = function(d) lm_robust(y ~ z, d, se_type = "HC2"),
  common = function(d) lm_robust(y ~ z + x, d, se_type = "HC2"),
  common_two = function(d) lm_robust(y ~ z + x + w, d, se_type = "HC2"),
  blocks = function(d) lm_robust(y ~ z + factor(block), d, se_type = "HC2")
)

exact <- function(data, fit, block = rep(1, nrow(data))) {
  labels <- assignments(data$z, block)
  permuted <- apply(labels, 2, function(z) fit(replace(data, "z", list(z)))$statistic[["z"]])
  model <- fit(data)
  list(
    estimate = model$coefficients[["z"]], std_error = model$std.error[["z"]],
    statistic = model$statistic[["z"]], assignments = ncol(labels),
    p_value = hits(permuted, model$statistic[["z"]])
  )
}

# Three arms, a covariate, two blocks: every order of the labels of all arms.
orders <- function(held) {
  if (length(held) == 1) return(list(held))
  unlist(lapply(unique(held), function(first) {
    lapply(orders(held[-match(first, held)]), function(rest) c(first, rest))
  }), recursive = FALSE)
}
exact_three <- function(data, control, arm) {
  t_of <- function(labels) {
    d <- data
    d$arm <- relevel(factor(labels), control)
    lm_robust(y ~ arm + x + factor(block), d, se_type = "HC2")$statistic[[paste0("arm", arm)]]
  }
  one <- orders(data$arm[data$block == 1])
  two <- orders(data$arm[data$block == 2])
  observed <- t_of(data$arm)
  permuted <- unlist(lapply(one, function(a) lapply(two, function(b) t_of(c(a, b)))))
  list(statistic = observed, assignments = length(permuted), p_value = hits(permuted, observed))
}

uneven <- data.frame(
  z = c(0, 0, 0, 0, 0, 0, 1, 1, 1, 1),
  x = c(0.3, 1.9, -0.7, 0.8, 2.2, -1.4, 0.1, -0.6, 1.2, 0.9),
  y = c(1.2, 3.1, 0.4, 2.6, 2.0, -0.3, 3.9, 0.7, 5.8, 4.4)
)
twice <- data.frame(
  z = rep(0:1, each = 5),
  x = c(0.3, 1.9, -0.7, 0.8, 2.2, -1.4, 0.1, -0.6, 1.2, 0.9),
  w = c(2, 5, 3, 7, 1, 4, 6, 2, 3, 8),
  y = c(1.2, 3.1, 0.4, 2.6, 2.0, -0.3, 3.9, 0.7, 5.8, 4.4)
)
even <- data.frame(
  z = rep(0:1, each = 5),
  y = c(12, 15, 9, 11, 14, 16, 13, 19, 12, 18)
)
pairs <- data.frame(
  z = rep(0:1, 8), block = rep(1:8, each = 2),
  y = c(4, 7, 9, 8, 1, 6, 5, 9, 3, 4, 8, 15, 2, 6, 7, 7)
)
blocks <- data.frame(
  z = c(0, 0, 1, 1, 0, 1, 1, 1, 0, 0, 1, 0, 0, 0, 1),
  block = c(1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 4, 4, 4, 4),
  y = c(1.1, 0.2, 2.3, 1.7, 5.2, 4.9, 7.7, 6.1, -1.4, -0.2, 0.9, 3.3, 2.4, 4.0, 4.1)
)

three <- data.frame(
  arm = c("a", "a", "b", "b", "c", "a", "b", "c", "c"), block = c(1, 1, 1, 1, 1, 2, 2, 2, 2),
  x = c(0.4, 1.3, -0.9, 0.2, 1.8, -1.1, 0.6, 0.3, -0.5),
  y = c(1.0, 2.7, 2.9, 3.1, 0.2, 5.5, 8.0, 6.1, 5.2)
)

values <- list(
  uneven = list(
    data = uneven, plain = exact(uneven, fits$plain), common = exact(uneven, fits$common)
  ),
  twice = list(data = twice, common = exact(twice, fits$common_two)),
  even = list(
    data = even,
    plain = exact(even, fits$plain),
    coin = list(p_value = pvalue(oneway_test(y ~ factor(z), even, distribution = "exact"))[[1]])
  ),
  pairs = list(
    data = pairs,
    blocks = exact(pairs, fits$blocks, pairs$block),
    coin = list(p_value = pvalue(oneway_test(
      y ~ factor(z) | factor(block), pairs, distribution = coin::exact(algorithm = "shift")
    ))[[1]])
  ),
  blocks = list(data = blocks, blocks = exact(blocks, fits$blocks, blocks$block)),
  three = list(
    data = three, b = exact_three(three, "a", "b"), c = exact_three(three, "a", "c")
  )
)
cat(jsonlite::toJSON(values, auto_unbox = TRUE, digits = NA, pretty = TRUE, dataframe = "columns"), "\n")
