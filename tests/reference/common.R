# Shared by the scripts in this folder: read data, collect estimates, write them.

here <- local({
  file <- sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))
  dirname(normalizePath(file))
})

read_data <- function(name) {
  data <- read.csv(file.path(here, "data", paste0(name, ".csv")), na.strings = c("", "NA"))
  if ("arm" %in% names(data)) {
    known <- c("control", "beneficiary", "organisation")
    data$arm <- factor(data$arm, levels = known[known %in% data$arm])
  }
  data
}

estimates <- list()

# One named estimate of one case; whatever is not given is not compared.
record <- function(case, term, ...) {
  estimates[[length(estimates) + 1]] <<- c(list(case = case, term = term), list(...))
}

# Estimate and standard error as a full row, by the t distribution.
record_t <- function(case, term, estimate, std_error, df, n) {
  margin <- qt(0.975, df) * std_error
  record(case, term,
    estimate = estimate, std_error = std_error, statistic = estimate / std_error,
    df = if (is.finite(df)) df else NULL, p_value = 2 * pt(-abs(estimate / std_error), df),
    conf_low = estimate - margin, conf_high = estimate + margin, n = n
  )
}

# Writes <script>.json beside the script, or into the folder given as the only argument.
write_estimates <- function(name) {
  arguments <- commandArgs(TRUE)
  folder <- if (length(arguments)) arguments[[1]] else here
  kept <- lapply(estimates, function(row) row[!vapply(row, is.null, TRUE)])
  text <- jsonlite::toJSON(kept, auto_unbox = TRUE, digits = NA, pretty = TRUE)
  writeLines(text, file.path(folder, paste0(name, ".json")))
}
