# Westfall and Young's step-down maxT with every assignment listed, by multtest; p.adjust.
# Prints data and values as JSON.
suppressPackageStartupMessages(library(multtest))

outcomes <- data.frame(
  a = c(2.1, 3.4, 1.0, 2.8, 0.9, 3.9, 4.6, 5.2, 3.1, 6.0, 4.4),
  b = c(1, 4, 2, 3, 2, 5, 3, 6, 4, 5, 7),
  c = c(0.4, -1.2, 0.3, 0.8, -0.5, 0.6, -0.9, 1.4, 0.2, -0.3, 1.1),
  d = c(9.7, 8.2, 7.9, 9.1, 8.8, 8.0, 9.9, 7.4, 6.6, 7.1, 8.3)
)
z <- c(0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1)
invisible(capture.output(
  found <- mt.maxT(t(as.matrix(outcomes)), z, test = "t", side = "abs", B = 0)
))
found <- found[order(found$index), ]

p_values <- c(0.01, 0.04, 0.03, NA, 0.2, 0.001, 0.04, 1, 0)
values <- list(
  max_t = list(
    data = cbind(z = z, outcomes),
    statistic = found$teststat, raw = found$rawp, adjusted = found$adjp
  ),
  adjust = list(
    p_values = p_values, holm = p.adjust(p_values, "holm"), bh = p.adjust(p_values, "BH")
  )
)
cat(jsonlite::toJSON(values, auto_unbox = TRUE, digits = NA, pretty = TRUE, dataframe = "columns", na = "null"), "\n")
