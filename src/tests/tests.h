/*
 * tests - TEST(name) { ... } in a file test_GROUP.c is a test; main.c finds and runs it.
 */
#ifndef KDECAY_TESTS_H
#define KDECAY_TESTS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct test {
    const char *file;
    int line;
    struct CMUnitTest unit;
};

/* A pointer to each test stands in the section `tests` of the program, which the linker joins. */
#define TEST(name)                                                                                 \
    static void name(void **state);                                                                \
    static const struct test name##_test = {__FILE__, __LINE__, cmocka_unit_test(name)};           \
    static const struct test *const name##_place __attribute__((section("tests"), used)) =         \
        &name##_test;                                                                              \
    static void name(__attribute__((unused)) void **state)

#endif
