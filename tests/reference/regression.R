# Least squares with HC2: estimates and standard errors by estimatr::lm_robust, degrees of freedom
# by clubSandwich (every row its own cluster), several contrasts at once by its Wald test (HTZ).
source(file.path(dirname(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))), "common.R"))
suppressPackageStartupMessages(library(estimatr))
suppressPackageStartupMessages(library(clubSandwich))

mean_for_missing <- function(x) ifelse(is.na(x), mean(x, na.rm = TRUE), x)

# Contrasts (term -> weights by coefficient) of one regression.
record_contrasts <- function(case, formula, data, terms, se_type = "HC2", n = nrow(data)) {
  robust <- lm_robust(formula, data, se_type = se_type)
  plain <- lm(formula, data)
  kept <- names(coef(plain))[!is.na(coef(plain))]
  value <- coef(robust)[kept]
  spread <- robust$vcov[kept, kept]
  club <- NULL
  if (se_type %in% c("HC2", "HC3")) {
    club <- vcovCR(plain, cluster = seq_len(nobs(plain)), type = sub("HC", "CR", se_type))
  }
  for (term in names(terms)) {
    weights <- setNames(numeric(length(kept)), kept)
    weights[names(terms[[term]])] <- terms[[term]]
    estimate <- sum(weights * value)
    std_error <- sqrt(drop(weights %*% spread %*% weights))
    df <- robust$df.residual
    if (!is.null(club)) {
      found <- linear_contrast(plain, vcov = club, contrasts = matrix(weights, 1), test = "Satterthwaite")
      stopifnot(abs(found$SE / std_error - 1) < 1e-6)
      df <- found$df
    }
    if (se_type %in% c("HC0", "HC1")) {
      record(case, term, estimate = estimate, std_error = std_error, n = n)
    } else {
      record_t(case, term, estimate, std_error, df, n)
    }
  }
}

# All of several contrasts at once.
record_joint <- function(case, formula, data, rows) {
  plain <- lm(formula, data)
  kept <- names(coef(plain))[!is.na(coef(plain))]
  weights <- t(sapply(rows, function(row) {
    one <- setNames(numeric(length(kept)), kept)
    one[names(row)] <- row
    one
  }))
  club <- vcovCR(plain, cluster = seq_len(nobs(plain)), type = "CR2")
  found <- Wald_test(plain, constraints = weights, vcov = club, test = "HTZ")
  record(case, "joint", statistic = found$Fstat, df = found$df_denom, p_value = found$p_val)
}

arms <- read_data("arms")
both <- list(beneficiary = c(armbeneficiary = 1), organisation = c(armorganisation = 1))
known <- arms[!is.na(arms$y) & !is.na(arms$arm), ]
for (se in c("HC2", "HC3", "HC1", "HC0", "classical")) {
  record_contrasts(paste("difference_in_means", se), y ~ arm, known, both, se)
}
known$x <- mean_for_missing(known$x)
known$income <- mean_for_missing(known$income)
known$cx <- known$x - mean(known$x)
known$ci <- (known$income - mean(known$income)) / 1e4
for (se in c("HC2", "HC3", "classical")) {
  record_contrasts(paste("lin", se), y ~ arm * (cx + ci), known, both, se)
}
record_contrasts("common slopes", y ~ arm + cx + ci, known, both)

# Moderator, complete cases, another covariate beside it.
full <- arms[!is.na(arms$y) & !is.na(arms$arm) & !is.na(arms$x), ]
full$m <- full$x - mean(full$x)
record_contrasts("moderator", y ~ arm * m + income, full, list(
  `slope of x: beneficiary - control` = c(`armbeneficiary:m` = 1),
  `slope of x: beneficiary - organisation` = c(`armbeneficiary:m` = 1, `armorganisation:m` = -1)
))
record_contrasts("association", y ~ arm + x + income, full, list(`slope of x` = c(x = 1)))

# Four uneven arms, six sessions.
ugly <- read.csv(file.path(here, "data", "ugly.csv"), na.strings = c("", "NA"))
ugly$arm <- factor(ugly$arm, levels = c("control", "reward", "beneficiary", "both"))
terms <- list(
  `reward - control` = c(armreward = 1),
  `both - beneficiary` = c(armboth = 1, armbeneficiary = -1),
  `both + control - beneficiary - reward` = c(armboth = 1, armbeneficiary = -1, armreward = -1)
)
for (outcome in c("y", "offset", "rare", "ceiling")) {
  rows <- ugly[!is.na(ugly[[outcome]]), ]
  # With a huge offset R's own sums lose digits: the reference is told the number without it.
  rows$value <- rows[[outcome]] - (if (outcome == "offset") 1e6 else 0)
  rows$a <- scale(mean_for_missing(rows$income))
  rows$b <- scale(mean_for_missing(rows$share))
  # A row with leverage 1 has no HC2 weight in R; without it, all that is left is the same.
  n <- nrow(rows)
  rows <- rows[rows$session != "alone", ]
  record_contrasts(paste("ugly", outcome), value ~ arm + a + b + session, rows, terms, n = n)
  record_joint(paste("ugly joint", outcome), value ~ arm + a + b + session, rows, list(
    c(armreward = 1), c(armbeneficiary = 1), c(armboth = 1)
  ))
}
rows <- ugly[!is.na(ugly$y), ]
rows$a <- scale(mean_for_missing(rows$income))
rows$w <- scale(rows$wealth)
rows$b <- c(scale(mean_for_missing(rows$share)))
n <- nrow(rows)
rows <- rows[rows$session != "alone", ]
record_contrasts("ugly nearly collinear", y ~ arm + a + w + session, rows, terms, n = n)
record_contrasts("ugly by arm", y ~ arm * b + session, rows, terms, n = n)

# 2x2: cells, and averages of them, with and without a covariate and blocks.
cells <- read_data("factorial")
cells <- cells[!is.na(cells$y), ]
cells$x <- mean_for_missing(cells$x)
cells$cell <- factor(cells$reward + 2 * cells$beneficiary)
cells$block <- factor(cells$block)
four <- list(
  reward = c(cell1 = 0.5, cell2 = -0.5, cell3 = 0.5),
  beneficiary = c(cell1 = -0.5, cell2 = 0.5, cell3 = 0.5),
  `reward:beneficiary` = c(cell1 = -1, cell2 = -1, cell3 = 1),
  `reward | beneficiary=0` = c(cell1 = 1),
  `beneficiary | reward=0` = c(cell2 = 1),
  `reward | beneficiary=1` = c(cell3 = 1, cell2 = -1),
  `beneficiary | reward=1` = c(cell3 = 1, cell1 = -1),
  `reward + beneficiary` = c(cell3 = 1)
)
record_contrasts("factorial", y ~ cell, cells, four)
record_contrasts("factorial covariate", y ~ cell + x, cells, four)
record_contrasts("factorial covariate blocks", y ~ cell + x + block, cells, four)

# Blocks: pairs and triplets, unlike sizes, one unit alone in its arm.
treated <- list(beneficiary = c(armbeneficiary = 1))
blocks <- read_data("blocks")
blocks$block <- factor(blocks$block)
record_contrasts("blocked", y ~ arm + block, blocks, treated)
lone <- blocks[-which(blocks$block == 0 & blocks$arm == "beneficiary")[1], ]
record_contrasts("lone unit", y ~ arm + block, lone, treated)
triplets <- na.omit(read_data("triplets"))
triplets$block <- factor(triplets$block)
record_contrasts("triplets", y ~ arm + block, triplets, both)
uneven <- read_data("uneven")
uneven$block <- factor(uneven$block)
record_contrasts("uneven", y ~ arm + block, uneven, treated)

write_estimates("regression")
