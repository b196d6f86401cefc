/* Which comparisons of the project's own experiments belong together, and how many pairs they need:
 * worked out here by hand from the names of the files. */
#include "base/memory.h"
#include "report/question.h"

#include "tests/expect.h"
#include "tests/tests.h"
#include <stdlib.h>
#include <string.h>

static struct experiment_files read_experiments(void)
{
    struct experiment_files files;
    struct error error;
    expect_ok(ledger_read_experiments("experiments", &files, &error), &error);
    return files;
}

/* Expect the arm to be compared with that control, in a question of that name and size. */
static void expect(const struct questions *questions, const char *arm, const char *control,
                   const char *name, size_t count)
{
    const struct question_pair *pair = NULL;
    const struct question *question = questions_find(questions, arm, &pair);
    if (!question)
        fail_msg("%s: no question", arm);
    assert_string_equal(pair->arm->arm, arm);
    assert_string_equal(pair->control->arm, control);
    assert_string_equal(question->name, name);
    assert_int_equal(question->count, count);
    assert_int_equal(question->is_null, strstr(name, "null controls") != NULL);
}

TEST(questions_of_the_project)
{
    static const char ordinary[] = "weight-net/ordinary-c16";
    struct experiment_files files = read_experiments();
    struct questions questions = questions_of_files(&files);
    const struct question_pair *pair;
    expect(&questions, "weight-net/bank-u1", ordinary, "weight-net: bank", 4);
    expect(&questions, "weight-net/bank-u128", ordinary, "weight-net: bank", 4);
    expect(&questions, "weight-net/expansion-u8", ordinary, "weight-net: expansion", 4);
    expect(&questions, "weight-net/ordinary-c24", ordinary, "weight-net: channels", 4);
    expect(&questions, "weight-net/bank-u576", ordinary, "weight-net: null controls", 3);
    expect(&questions, "weight-net/expansion-u576", ordinary, "weight-net: null controls", 3);
    expect(&questions, "weight-net/expansion-u1152", ordinary, "weight-net: null controls", 3);
    expect(&questions, "weight-net/bank-u32-s1", "weight-net/bank-u32", "weight-net: draws", 2);
    expect(&questions, "weight-net/bank-u128-k2", "weight-net/bank-u128", "weight-net: k", 2);
    expect(&questions, "pad-net/learned", "pad-net/zero", "pad-net", 6);
    expect(&questions, "pad-net/learned-k2", "pad-net/learned", "pad-net: k", 1);
    expect(&questions, "precision/bf16", "precision/f32", "precision", 1);
    expect(&questions, "campaign/cifar10/preact-20/k3.0", "campaign/cifar10/preact-20/k1.0",
           "campaign/cifar10/preact-20: k", 4);
    expect(&questions, "confirmation/primary/k3.0", "confirmation/primary/k1.0",
           "confirmation/primary: k", 1);
    expect(&questions, "confirmation/controls/sgdr", "confirmation/primary/k3.0",
           "confirmation/controls: against confirmation/primary/k3.0", 4);
    expect(&questions, "schedules/k2.0/knee", "schedules/k2.0/linear", "schedules/k2.0", 8);
    expect(&questions, "schedules/plain/knee", "schedules/plain/linear", "schedules/plain", 11);
    expect(&questions, "schedules/k2.0/linear", "schedules/plain/linear",
           "schedules/k2.0: against schedules/plain/linear", 9);
    assert_null(questions_find(&questions, ordinary, &pair));
    assert_null(questions_find(&questions, "smoke/preact-8/poly-k2.0", &pair));
    assert_null(questions_find(&questions, "campaign/cifar10/preact-20-step/k1.0", &pair));

    assert_int_equal(questions_pairs_needed(&questions, "weight-net/bank-u1"), 8);
    assert_int_equal(questions_pairs_needed(&questions, "weight-net/bank-u128-k2"), 7);
    assert_int_equal(questions_pairs_needed(&questions, "weight-net/bank-u576"), 0);
    assert_int_equal(questions_pairs_needed(&questions, "pad-net/zero"), 8);
    assert_int_equal(questions_pairs_needed(&questions, "pad-net/learned-k2"), 6);
    assert_int_equal(questions_pairs_needed(&questions, "confirmation/primary/k1.0"), 6);
    assert_int_equal(questions_pairs_needed(&questions, "confirmation/primary/k3.0"), 8);
    assert_int_equal(questions_pairs_needed(&questions, "campaign/cifar10/preact-20-step/k1.0"), 0);
    questions_free(&questions);
    ledger_free_experiments(&files);
}

/* Of preact-20 with 16 channels the widest 3x3 convolution has 64: 9 x 64 = 576 slots. */
TEST(null_controls)
{
    struct experiment experiment;
    struct error error;
    assert_int_equal(
        config_load("experiments/weight-net/ordinary-c16.ini", NULL, 0, &experiment, &error), 0);
    assert_false(question_is_null_control(&experiment));
    static const struct {
        enum weights weights;
        int rows, is_null;
    } cases[] = {{WEIGHTS_EXPANSION, 144, 0}, {WEIGHTS_EXPANSION, 575, 0},
                 {WEIGHTS_EXPANSION, 576, 1}, {WEIGHTS_EXPANSION, 1152, 1},
                 {WEIGHTS_BANK, 575, 0},      {WEIGHTS_BANK, 576, 1}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        experiment.weights = (int)cases[i].weights;
        experiment.rows = cases[i].rows;
        assert_int_equal(question_is_null_control(&experiment), cases[i].is_null);
    }
}
