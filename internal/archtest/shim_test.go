package archtest

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var (
	// A function of ours as cgo/ lays it out: the name at the start of a line, "{" and "}" alone at the start of theirs.
	shimFunction = regexp.MustCompile(`(?ms)^(?:static )?\w[\w *]*?\b(AERONGO_\w+\(\w*\)|aerongo_\w+)\([^{};]*\)\n\{\n(.*?)^\}`)
	// What reports C's error of this thread.
	reportsError = regexp.MustCompile(`\baerongo_(?:failure|(?:command_)?status)\(`)
	clearsError  = regexp.MustCompile(`\baeron_err_clear\(\);`)
)

// The functions that report an error for others, which clear it.
var reporters = map[string]bool{"aerongo_failure": true, "aerongo_status": true, "aerongo_command_status": true}

// checkShims finds shims that report C's error without having cleared it: C appends to the text that is there, so that it would tell of an
// earlier operation too. Clearing it behind the report does as well, and is what the data path does.
func checkShims(t tree) (findings []string, looked int) {
	for _, f := range t {
		if f.ast != nil || f.dir != "cgo" {
			continue
		}
		for _, match := range shimFunction.FindAllStringSubmatchIndex(f.text, -1) {
			name, body := f.text[match[2]:match[3]], f.text[match[4]:match[5]]
			if reporters[name] || !reportsError.MatchString(body) {
				continue
			}
			looked++
			if !clearsError.MatchString(body) {
				line := 1 + strings.Count(f.text[:match[0]], "\n")
				findings = append(findings, fmt.Sprintf("%s:%d: %s reports an error that it has not cleared: call aeron_err_clear first", f.path, line, name))
			}
		}
	}
	return findings, looked
}

func TestShimsClearTheErrorFirst(t *testing.T) {
	findings, looked := checkShims(module(t))
	require.Empty(t, findings)
	require.Greater(t, looked, 80, "the rule found hardly any shim to look at: has the layout of C functions changed?")
}

func TestShimRule_findsWhatBreaksIt(t *testing.T) {
	findings, looked := checkShims(synthetic(t, map[string]string{
		"cgo/a.c": `#include "shim.h"

aerongo_result_t aerongo_good(aeron_t *client)
{
    aeron_err_clear();
    return aerongo_status(aeron_good(client));
}

aerongo_result_t aerongo_bad(aeron_t *client)
{
    if (aeron_bad(client) < 0)
    {
        return aerongo_failure();
    }

    return aerongo_value(0);
}

bool aerongo_cannot_fail(
    aeron_t *client)
{
    return aeron_is(client);
}

aerongo_result_t aerongo_failure(void)
{
    return aerongo_failure();
}
`,
		"cgo/kind.h": `aerongo_result_t AERONGO_FN(close)(
    AERON_FN(t) *publication, int x)
{
    return aerongo_status(AERON_FN(close)(publication, x));
}
`,
	}))
	require.Equal(t, []string{
		"cgo/a.c:9: aerongo_bad reports an error that it has not cleared: call aeron_err_clear first",
		"cgo/kind.h:1: AERONGO_FN(close) reports an error that it has not cleared: call aeron_err_clear first",
	}, findings)
	require.Equal(t, 3, looked)
}
