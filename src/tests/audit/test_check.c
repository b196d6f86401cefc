#include "audit/check.h"
#include "base/memory.h"

#include "tests/tests.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef void (*writer)(const struct checks *checks, struct text *out);

/* One check of each verdict. */
static struct checks four_levels(void)
{
    struct checks checks = {.count = 0};
    struct check *check = checks_begin(&checks, "holds", "logs");
    check->checked = 3;
    check->bitwise = 2;
    check->by_tolerance = 1;
    checks_end(&checks);
    check = checks_begin(&checks, "breaks", "rows");
    check->checked = 2;
    check_fail(check, "%s: too %s", "a.tsv", "long");
    check_fail(check, "b.tsv: too short");
    check_note(check, "c.tsv: just right");
    checks_end(&checks);
    checks_begin(&checks, "idle", "runs");
    checks_end(&checks);
    check = checks_begin(&checks, "lists", "logs");
    check->judges = 0;
    check->checked = 1;
    check_note(check, "all of it");
    checks_end(&checks);
    for (size_t i = 0; i < checks.count; i++)
        checks.check[i].seconds = 0.25;
    return checks;
}

static void expect(const struct checks *checks, writer write, const char *what)
{
    struct text text = {0};
    write(checks, &text);
    if (strcmp(text.bytes, what) != 0)
        fail_msg("expected:\n%s\nfound:\n%s", what, text.bytes);
    free(text.bytes);
}

TEST(verdicts)
{
    struct checks checks = four_levels();
    assert_int_equal(check_verdict(&checks.check[0]), VERDICT_PASS);
    assert_int_equal(check_verdict(&checks.check[1]), VERDICT_FAIL);
    assert_int_equal(check_verdict(&checks.check[2]), VERDICT_SKIP);
    assert_int_equal(check_verdict(&checks.check[3]), VERDICT_NOTE);
    for (int verdict = 0; verdict < VERDICTS; verdict++)
        assert_int_equal(checks_count(&checks, (enum verdict)verdict), 1);
    checks_free(&checks);
    /* a failure counts even where nothing was counted as checked */
    struct check *check = checks_begin(&checks, "a", "b");
    check_skip(check, "not there");
    check_fail(check, "wrong");
    checks_end(&checks);
    assert_int_equal(check_verdict(check), VERDICT_FAIL);
    checks_free(&checks);
}

TEST(clock_runs)
{
    struct checks checks = {.count = 0};
    checks_begin(&checks, "a", "b");
    checks_end(&checks);
    assert_true(checks.check[0].seconds >= 0 && checks.check[0].seconds < 60);
    checks_free(&checks);
}

TEST(text_of_each_verdict)
{
    struct checks checks = four_levels();
    expect(&checks, checks_write_text,
           "PASS  holds              3 logs       0.25 s  bit for bit: 2, by tolerance: 1\n"
           "FAIL  breaks             2 rows       0.25 s  2 failures\n"
           "      a.tsv: too long\n"
           "      b.tsv: too short\n"
           "      note: c.tsv: just right\n"
           "SKIP  idle               0 runs       0.25 s  nothing to check\n"
           "NOTE  lists              1 logs       0.25 s\n"
           "      note: all of it\n"
           "audit: 1 passed, 1 failed, 1 skipped\n");
    checks_free(&checks);
}

TEST(json_of_each_verdict)
{
    struct checks checks = four_levels();
    expect(&checks, checks_write_json,
           "{\"passed\": 1, \"failed\": 1, \"skipped\": 1, \"levels\": [\n"
           "{\"name\": \"holds\", \"verdict\": \"pass\", \"checked\": 3, \"unit\": \"logs\", "
           "\"bitwise\": 2, \"by_tolerance\": 1, \"seconds\": 0.250, \"reason\": null, "
           "\"failures\": [], \"notes\": []},\n"
           "{\"name\": \"breaks\", \"verdict\": \"fail\", \"checked\": 2, \"unit\": \"rows\", "
           "\"bitwise\": 0, \"by_tolerance\": 0, \"seconds\": 0.250, \"reason\": null, "
           "\"failures\": [\"a.tsv: too long\", "
           "\"b.tsv: too short\"], \"notes\": [\"c.tsv: just right\"]},\n"
           "{\"name\": \"idle\", \"verdict\": \"skip\", \"checked\": 0, \"unit\": \"runs\", "
           "\"bitwise\": 0, \"by_tolerance\": 0, \"seconds\": 0.250, \"reason\": \"nothing to "
           "check\", \"failures\": [], \"notes\": []},\n"
           "{\"name\": \"lists\", \"verdict\": \"note\", \"checked\": 1, \"unit\": \"logs\", "
           "\"bitwise\": 0, \"by_tolerance\": 0, \"seconds\": 0.250, \"reason\": null, "
           "\"failures\": [], \"notes\": [\"all of it\"]}\n"
           "]}\n");
    checks_free(&checks);
}

TEST(xml_of_each_verdict)
{
    struct checks checks = four_levels();
    expect(&checks, checks_write_xml,
           "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n"
           "<testsuite name=\"audit\" tests=\"4\" failures=\"1\" errors=\"0\" skipped=\"1\" "
           "time=\"1.000\">\n"
           "<testcase classname=\"audit\" name=\"holds\" time=\"0.250\">\n</testcase>\n"
           "<testcase classname=\"audit\" name=\"breaks\" time=\"0.250\">\n"
           "<failure>a.tsv: too long\nb.tsv: too short\n</failure>\n"
           "<system-out>c.tsv: just right\n</system-out>\n</testcase>\n"
           "<testcase classname=\"audit\" name=\"idle\" time=\"0.250\">\n"
           "<skipped message=\"nothing to check\"/>\n</testcase>\n"
           "<testcase classname=\"audit\" name=\"lists\" time=\"0.250\">\n"
           "<system-out>all of it\n</system-out>\n</testcase>\n"
           "</testsuite>\n</testsuites>\n");
    checks_free(&checks);
}

/* Names that a file may have, and the text that a reader must find instead. */
TEST(hostile_names)
{
    static const struct {
        const char *name, *text, *json, *xml;
    } cases[] = {
        {"a\"b\\c", "a\"b\\c", "a\\\"b\\\\c", "a&quot;b\\c"},
        {"</failure>&<x>", "</failure>&<x>", "</failure>&<x>", "&lt;/failure&gt;&amp;&lt;x&gt;"},
        {"]]>", "]]>", "]]>", "]]&gt;"},
        {"x\nPASS  logs\x1b[2K\x7f\t", "x?PASS  logs?[2K??", "x?PASS  logs?[2K??",
         "x?PASS  logs?[2K??"},
        /* neither UTF-8 nor bytes that only look like it */
        {"\xc3\xa9 \xff|\xed\xa0\x80", "?? ?|???", "?? ?|???", "?? ?|???"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct checks checks = {.count = 0};
        struct check *check = checks_begin(&checks, "a", "b");
        check_fail(check, "%s", cases[i].name);
        checks_end(&checks);
        checks_begin(&checks, "c", "d");
        check_skip(&checks.check[1], "%s", cases[i].name);
        checks_end(&checks);
        struct text text = {0}, json = {0}, xml = {0};
        checks_write_text(&checks, &text);
        checks_write_json(&checks, &json);
        checks_write_xml(&checks, &xml);
        char *in_text = memory_text("\n      %s\nSKIP", cases[i].text);
        char *in_json = memory_text("\"failures\": [\"%s\"], ", cases[i].json);
        char *reason = memory_text("\"reason\": \"%s\", ", cases[i].json);
        char *in_xml = memory_text("<failure>%s\n</failure>", cases[i].xml);
        char *skipped = memory_text("<skipped message=\"%s\"/>", cases[i].xml);
        assert_non_null(strstr(text.bytes, in_text));
        assert_non_null(strstr(json.bytes, in_json));
        assert_non_null(strstr(json.bytes, reason));
        assert_non_null(strstr(xml.bytes, in_xml));
        assert_non_null(strstr(xml.bytes, skipped));
        free(in_text);
        free(in_json);
        free(reason);
        free(in_xml);
        free(skipped);
        free(text.bytes);
        free(json.bytes);
        free(xml.bytes);
        checks_free(&checks);
    }
}

TEST(reasons_add_up)
{
    struct checks checks = {.count = 0};
    struct check *check = checks_begin(&checks, "a", "b");
    check_skip(check, "one");
    check_skip(check, "two");
    checks_end(&checks);
    assert_string_equal(check->reason.bytes, "one; two");
    checks_free(&checks);
}
