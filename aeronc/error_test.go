package aeronc_test

import (
	"io/fs"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/aeronc"
)

func TestError_readsWhatCSays(t *testing.T) {
	text := "(-1) invalid channel\n[aeron_some_function, aeron_some.c:12] async_add_publication registration error\n" +
		"[aeron_uri_parse, aeron_uri.c:99] invalid URI scheme or transport: aeron:x\n[no_message, a.c:1] \n"
	err := aeronc.FromC("add publication", -1, text)
	require.Equal(t, "aeron: add publication: invalid URI scheme or transport: aeron:x (invalid channel, code 1)", err.Error())
	require.ErrorIs(t, err, aeronc.CodeInvalidChannel)
	require.NotErrorIs(t, err, aeronc.CodeGeneric)
	require.NotErrorIs(t, err, aeronc.CodeUnused)

	err = aeronc.FromC("start driver", int32(syscall.EACCES), "(13) Permission denied\n[aeron_open, a.c:1] cannot open it\n")
	require.ErrorIs(t, err, fs.ErrPermission)
	require.ErrorIs(t, err, syscall.EACCES)
	require.Equal(t, "aeron: start driver: cannot open it: permission denied", err.Error())
	err = aeronc.FromC("set", int32(syscall.EINVAL), "")
	require.ErrorIs(t, err, aeronc.ErrInvalidArgument)
	require.ErrorIs(t, err, syscall.EINVAL)
	require.False(t, err.Temporary())
	require.True(t, aeronc.FromC("add", -10, "").Temporary())
	require.True(t, (&aeronc.Error{Err: aeronc.ErrTimeout}).Temporary())
}

func TestError_findsTheSystemsErrorInTheDriversWords(t *testing.T) {
	err := aeronc.FromC("add subscription", -11, "(-11) generic error, see message\n[a, a.c:1] async_add_subscription registration error\n"+
		"(98) Address already in use\n[b, b.c:2] failed to bind(22, 127.0.0.1:1)\n")
	require.ErrorIs(t, err, syscall.EADDRINUSE)
	require.ErrorIs(t, err, aeronc.CodeGeneric)
	require.Equal(t, "aeron: add subscription: failed to bind(22, 127.0.0.1:1) (generic error, code 11): address already in use", err.Error())
}

func TestError_escapesWhatComesFromElsewhere(t *testing.T) {
	hostile := "red \x1b[31m alert\r\nnew line \xff\x00"
	require.NotContains(t, aeronc.Printable(hostile), "\x1b")
	line := aeronc.OneLine(hostile)
	for _, c := range []string{"\x1b", "\n", "\r", "\x00", "\xff"} {
		require.NotContains(t, line, c)
	}
	err := &aeronc.Error{Op: "add", Channel: "aeron:ipc?alias=\x1b[2J", StreamID: 3, Dir: "/dev/shm/\a"}
	require.NotContains(t, err.Error(), "\x1b")
	require.NotContains(t, err.Error(), "\a")
	require.Contains(t, err.Error(), "stream=3")
	require.Equal(t, "(1) only this", aeronc.OneLine("(1) only this"))
}

func TestCode_hasNames(t *testing.T) {
	require.Equal(t, "driver timeout", aeronc.CodeDriverTimeout.String())
	require.Equal(t, "Code(4711)", aeronc.Code(4711).String())
	require.Equal(t, "aeron: storage space", aeronc.CodeStorageSpace.Error())
	require.Equal(t, "1.54.0", aeronc.Version())
}
