# Blocked comparisons: estimatr::difference_in_means where it has them, written out where not.
source(file.path(dirname(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))), "common.R"))
suppressPackageStartupMessages(library(estimatr))

record_dim <- function(case, term, fit, n) {
  record(case, term,
    estimate = fit$coefficients[[1]], std_error = fit$std.error[[1]], df = fit$df[[1]],
    statistic = fit$statistic[[1]], p_value = fit$p.value[[1]],
    conf_low = fit$conf.low[[1]], conf_high = fit$conf.high[[1]], n = n
  )
}

blocks <- read_data("blocks")
record_dim("blocked", "beneficiary", difference_in_means(y ~ arm, blocks, blocks = block), nrow(blocks))

# One unit per arm and block: pairs of each arm with the control, in the blocks that have both.
triplets <- na.omit(read_data("triplets"))
several <- names(which(table(triplets$block) > 1))
for (arm in c("beneficiary", "organisation")) {
  two <- triplets[triplets$arm %in% c("control", arm), ]
  two <- two[two$block %in% names(which(table(two$block) == 2)), ]
  two$arm <- droplevels(two$arm)
  fit <- difference_in_means(y ~ arm, two, blocks = block)
  record_dim("triplets", arm, fit, sum(triplets$block %in% several))
}

# Small blocks of unlike size: Pashley & Miratrix 2021.
uneven <- read_data("uneven")
counts <- table(uneven$block, uneven$arm)
good <- rownames(counts)[apply(counts > 0, 1, all)]
effects <- sapply(good, function(b) {
  with(uneven[uneven$block == b, ], mean(y[arm == "beneficiary"]) - mean(y[arm == "control"]))
})
sizes <- rowSums(counts[good, ])
n <- sum(sizes)
estimate <- sum(sizes * effects) / n
factor <- sizes^2 / ((n - 2 * sizes) * (n + sum(sizes^2 / (n - 2 * sizes))))
variance <- sum(factor * (effects - estimate)^2)
record_t("uneven", "beneficiary", estimate, sqrt(variance), length(good) - 1, n)

# A lone treated unit in one block: the arm's pooled variance stands in.
lone <- blocks[-which(blocks$block == 0 & blocks$arm == "beneficiary")[1], ]
cell <- split(lone$y, list(lone$block, lone$arm))
size <- sapply(cell, length)
square <- sapply(cell, function(v) sum((v - mean(v))^2))
treated <- grepl("beneficiary", names(cell))
pooled <- ifelse(treated, sum(square[treated]) / sum(size[treated] - 1), sum(square[!treated]) / sum(size[!treated] - 1))
spread <- ifelse(size > 1, square / (size - 1), pooled)
share <- as.vector(table(lone$block)) / nrow(lone)
mean_of <- sapply(cell, mean)
estimate <- sum(share * (mean_of[treated] - mean_of[!treated]))
variance <- sum(share^2 * (spread / size)[treated]) + sum(share^2 * (spread / size)[!treated])
record_t("lone unit", "beneficiary", estimate, sqrt(variance), sum(size - 1), nrow(lone))

write_estimates("blocks")
