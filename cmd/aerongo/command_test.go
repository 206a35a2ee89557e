package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/internal/testdriver"
)

func TestUsageErrors_endWithTwo(t *testing.T) {
	for _, c := range []struct {
		args     string
		mentions string
	}{
		{"", "driver, pub, sub"},
		{"nonsense", `"nonsense"`},
		{"--nonsense", "--nonsense"},
		{"driver extra", `"extra"`},
		{"driver --nonsense", "--nonsense"},
		{"driver --threading quick", "--threading quick"},
		{"driver --threading", "--threading"},
		{"driver --dir=", "--dir"},
		{"pub extra", `"extra"`},
		{"pub --wait -1s", "--wait -1s"},
		{"pub --wait soon", "soon"},
		{"pub --linger -1s", "--linger -1s"},
		{"pub --size 10", "--raw"},
		{"pub --raw --size 0", "--size 0"},
		{"pub --raw --size x", `"x"`},
		{"pub --stream 3000000000", "3000000000"},
		{"pub --driver-timeout 0s", "--driver-timeout"},
		{"pub --driver-timeout 1ns", "--driver-timeout"},
		{"sub extra", `"extra"`},
		{"sub --count 0", "--count 0"},
		{"sub --count -1", "--count -1"},
		{"sub --timeout 0s", "--timeout 0s"},
		{"sub --raw --json", "--raw and --json"},
		{"sub --until-eos=perhaps", "perhaps"},
		{"ping extra", `"extra"`},
		{"ping --messages 0", "--messages 0"},
		{"ping --warmup -1", "--warmup -1"},
		{"ping --length 7", "--length 7"},
		{"ping --rate -1", "--rate -1"},
		{"ping --rate NaN", "--rate NaN"},
		{"ping --wait 0s", "--wait 0s"},
		{"ping --idle never", `"never"`},
		{"pong extra", `"extra"`},
		{"pong --idle sleep:", `"sleep:"`},
		{"demo one two", `"two"`},
		{"demo --timeout 0s", "--timeout 0s"},
		{"demo --messages 0", "--messages 0"},
		{"demo-receiver extra", `"extra"`},
		{"version extra", `"extra"`},
		{"exporter extra", `"extra"`},
		{"serve extra", `"extra"`},
		{"man extra", `"extra"`},
		{"man", "--output"},
		{"bench extra", `"extra"`},
		{"bench --rate -1", "--rate -1"},
		{"bench --rate NaN", "--rate NaN"},
		{"bench --size 15", "--size 15"},
		{"bench --streams 0", "--streams 0"},
		{"bench --streams 1001", "--streams 1001"},
		{"bench --stream 2147483647 --streams 2", "--stream 2147483647"},
		{"bench --duration 0s", "--duration 0s"},
		{"bench --warmup -1s", "--warmup -1s"},
		{"bench --wait 0s", "--wait 0s"},
		{"bench --idle never", `"never"`},
		{"bench --rate 0 --svg x.svg", "--svg"},
		{"bench --svg /nowhere/x.svg", "/nowhere"},
		{"tap extra", `"extra"`},
		{"tap", "--output"},
		{"tap -o x --count 0", "--count 0"},
		{"tap -o x --duration -1s", "--duration -1s"},
		{"tap -o - --json", "--json"},
		{"serve --interval 0", "--interval 0s"},
		{"serve --interval 0s", "--interval 0s"},
		{"serve --interval -1s", "--interval -1s"},
		{"serve --interval 1ms", "--interval 1ms"},
		{"exporter --max-streams 0", "--max-streams 0"},
		{"exporter --max-subscribers -1", "--max-subscribers -1"},
		{"exporter --max-clients x", `"x"`},
		{"exporter --driver-timeout 0s", "--driver-timeout 0s"},
	} {
		t.Run(c.args, func(t *testing.T) {
			code, stdout, stderr := here(t, nil, strings.Fields(c.args)...)
			require.Equal(t, exitUsage, code, stderr)
			require.Empty(t, stdout)
			require.True(t, strings.HasPrefix(stderr, "aerongo: "), stderr)
			require.Contains(t, stderr, c.mentions)
			require.Contains(t, stderr, "--help")
		})
	}
}

func TestUsageErrors_doNotNeedADriver(t *testing.T) {
	// The order of the checks matters: a wrong flag must not be found out after half a minute of waiting.
	code, _, stderr := here(t, nil, "sub", "--dir", testdriver.Dir(t), "--count", "0")
	require.Equal(t, exitUsage, code, stderr)
}

func TestHelp_hasExamplesForEveryVerb(t *testing.T) {
	for _, verb := range []string{"driver", "pub", "sub", "ping", "pong", "demo", "version", "exporter", "serve", "bench", "tap", "man"} {
		code, stdout, stderr := here(t, nil, verb, "--help")
		require.Equal(t, exitOK, code, stderr)
		require.Contains(t, stdout, "Examples:")
		require.Contains(t, stdout, "  aerongo "+verb)
		require.Contains(t, stdout, "--json")
	}
	code, stdout, _ := here(t, nil, "--help")
	require.Equal(t, exitOK, code)
	require.Contains(t, stdout, "Exit status")
	require.NotContains(t, stdout, "demo-receiver", "it is nobody's business")
}

func TestVersion(t *testing.T) {
	code, stdout, stderr := here(t, nil, "version")
	require.Equal(t, exitOK, code, stderr)
	require.Contains(t, stdout, "Aeron "+aeron.Version())

	code, stdout, stderr = here(t, nil, "version", "--json")
	require.Equal(t, exitOK, code, stderr)
	v := decode[versionReport](t, stdout)
	require.Equal(t, aeron.Version(), v.Aeron)
	require.Equal(t, "github.com/aeroncgo/aeron", v.Module)
	require.NotEmpty(t, v.Version)
	require.NotEmpty(t, v.Go)
}

func TestNoDriver_isASentenceThatSaysWhatToDo(t *testing.T) {
	for _, verb := range []string{"pub", "sub", "ping", "pong", "bench", "tap -o x"} {
		dir := testdriver.Dir(t)
		code, stdout, stderr := here(t, nil, append(strings.Fields(verb), "--dir", dir)...)
		require.Equal(t, exitError, code)
		require.Empty(t, stdout)
		oneSentence(t, stderr, dir, "aerongo driver --dir "+dir, "--embedded")
		require.NoDirExists(t, dir, "asking must not make it")
	}
}

func TestDirectory_comesFromTheEnvironmentUnlessItIsEmpty(t *testing.T) {
	dir := testdriver.Dir(t)
	t.Setenv("AERON_DIR", dir)
	require.Equal(t, dir, defaultDir())
	code, _, stderr := here(t, nil, "sub")
	require.Equal(t, exitError, code)
	oneSentence(t, stderr, dir)

	t.Setenv("AERON_DIR", "")
	require.NotEmpty(t, defaultDir())
	require.NotEqual(t, dir, defaultDir())
}

func TestEmbedded_usesADirectoryOfItsOwnOrTheOneThatIsNamed(t *testing.T) {
	own := (&connection{embedded: true}).config()
	require.Empty(t, own.Directory)
	require.False(t, own.External)
	require.Contains(t, own.AppID, "aerongo-")
	named := (&connection{embedded: true, dir: "somewhere"}).config()
	require.Equal(t, "somewhere", named.Directory)
}

func TestBadChannel_isAnError(t *testing.T) {
	_, dir := aDriver(t)
	for _, verb := range []string{"pub", "sub"} {
		for _, channel := range []string{"nonsense", "aeron:udp", "aeron:udp?endpoint=127.0.0.1:99999", "aeron:tcp?endpoint=127.0.0.1:1"} {
			code, _, stderr := here(t, nil, verb, "--dir", dir, "-c", channel)
			require.Equal(t, exitError, code, "%s %s", verb, channel)
			oneSentence(t, stderr, channel)
		}
	}
}

func TestExecute_theUsersWishIsASuccess(t *testing.T) {
	var out, errs bytes.Buffer
	std := streams{in: strings.NewReader(""), out: &out, err: &errs}
	_, dir := aDriver(t)
	require.Equal(t, exitOK, execute(canceled(), []string{"sub", "--dir", dir}, std), errs.String())
	require.Empty(t, errs.String())
}

func TestInterrupted_onlyWhenTheUserWantsItAndNothingElseIsWrong(t *testing.T) {
	ctx, cancel := context.WithCancelCause(context.Background())
	require.False(t, interrupted(ctx, context.Canceled))
	cause := errors.New("signal")
	cancel(cause)
	require.True(t, interrupted(ctx, fmt.Errorf("waiting: %w", context.Canceled)))
	require.True(t, interrupted(ctx, fmt.Errorf("waiting: %w", cause)))
	require.False(t, interrupted(ctx, io.ErrUnexpectedEOF))
}

// broken is an output whose reader has gone.
type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, &brokenPipeError{} }

type brokenPipeError struct{}

func (*brokenPipeError) Error() string { return "write: broken pipe" }
func (*brokenPipeError) Unwrap() error { return syscall.EPIPE }

func TestBrokenPipe_endsInPeace(t *testing.T) {
	var errs bytes.Buffer
	require.Equal(t, exitOK, execute(testdriver.Context(t), []string{"version"}, streams{in: strings.NewReader(""), out: broken{}, err: &errs}))
	require.Empty(t, errs.String())
}

func TestOneLine(t *testing.T) {
	require.Equal(t, "start: no; and no", oneLine(errors.Join(errors.New("aeron: start: no"), errors.New("and no"))))
}
