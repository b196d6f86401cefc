/*
 * tests - every file test_NAME.c exports NAME_tests[] and NAME_test_count; main.c runs them all.
 */
#ifndef KDECAY_TESTS_H
#define KDECAY_TESTS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
