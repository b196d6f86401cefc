/*
 * tests - every test file exports its tests as an array; main.c here runs them all.
 */
#ifndef KDECAY_TESTS_H
#define KDECAY_TESTS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define DECLARE_TESTS(room)                                                                        \
    extern const struct CMUnitTest room##_tests[];                                                 \
    extern const size_t room##_test_count

DECLARE_TESTS(audit);
DECLARE_TESTS(bench);
DECLARE_TESTS(borders);
DECLARE_TESTS(slurm_arrays);
DECLARE_TESTS(checkpoint);
DECLARE_TESTS(claims);
DECLARE_TESTS(config);
DECLARE_TESTS(dataset);
DECLARE_TESTS(decimal);
DECLARE_TESTS(onednn);
DECLARE_TESTS(families);
DECLARE_TESTS(layers);
DECLARE_TESTS(check);
DECLARE_TESTS(log);
DECLARE_TESTS(maps);
DECLARE_TESTS(match);
DECLARE_TESTS(memory);
DECLARE_TESTS(network);
DECLARE_TESTS(options);
DECLARE_TESTS(pad_net);
DECLARE_TESTS(padding);
DECLARE_TESTS(parameters);
DECLARE_TESTS(recompute);
DECLARE_TESTS(images);
DECLARE_TESTS(plot_data);
DECLARE_TESTS(plot_runs);
DECLARE_TESTS(precision);
DECLARE_TESTS(probe);
DECLARE_TESTS(program);
DECLARE_TESTS(ranks);
DECLARE_TESTS(registration);
DECLARE_TESTS(reads);
DECLARE_TESTS(report);
DECLARE_TESTS(rng);
DECLARE_TESTS(rules);
DECLARE_TESTS(scaling);
DECLARE_TESTS(schedule);
DECLARE_TESTS(schedule_rules);
DECLARE_TESTS(schedule_table);
DECLARE_TESTS(confirmation);
DECLARE_TESTS(registered);
DECLARE_TESTS(selftest);
DECLARE_TESTS(statistics);
DECLARE_TESTS(status);
DECLARE_TESTS(trace);
DECLARE_TESTS(study_tables);
DECLARE_TESTS(watch);
DECLARE_TESTS(weight_block);
DECLARE_TESTS(weight_net);
DECLARE_TESTS(whitening);
DECLARE_TESTS(wide_batch_norm);
DECLARE_TESTS(winograd);

#endif
