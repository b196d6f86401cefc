/*
 * decimal - numbers as tables, macros and the paper show them: rounded once, half away from zero.
 *
 * A test error is a count of wrong images in 10,000, that is a whole number of hundredths of a
 * percent. The mean of n errors, or of n differences of errors, is m / (100 n) with a whole m, so
 * in units of the last of two decimals it is m / n. It is a tie (a half), or at least 1 / (2n) away
 * from one. The double that holds it is wrong by less than 1e-10 of that unit. So a number within
 * 1e-7 of a tie is the tie, for all n below 5,000,000, and is rounded away from zero: 43.175 shows
 * 43.18, and -1.575 shows -1.58, whatever their binary fractions are.
 *
 * Each number is rounded from its own exact value. A difference may therefore differ by one in the
 * last digit from the difference of the means beside it.
 */
#ifndef KDECAY_DECIMAL_H
#define KDECAY_DECIMAL_H

/* `value` with so many decimals, 0 to 9; `sign` is "+" for a sign in front of positive numbers,
 * too, else "". A value that is not finite, or has more than 15 digits, is printed by printf's rules.
 * free() it. */
char *decimal_text(double value, const char *sign, int decimals);

/* The two ends of an interval with their signs, "[-0.42, -0.16]"; free() it. */
char *decimal_interval(double low, double high, int decimals);

#endif
