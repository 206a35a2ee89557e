package main

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/internal/testdriver"
)

// collect takes all messages of an input, copied.
func collect(t *testing.T, input io.Reader, c cutter) (messages []string, err error) {
	t.Helper()
	quit := make(chan struct{})
	defer close(quit)
	for batches := readMessages(input, c, quit); ; {
		select {
		case b := <-batches:
			for message := range b.messages() {
				messages = append(messages, string(message))
			}
			if errors.Is(b.err, io.EOF) {
				return messages, nil
			}
			if b.err != nil {
				return messages, b.err
			}
		case <-time.After(testdriver.Patience):
			require.FailNow(t, "no more batches")
		}
	}
}

// readers are the ways in which an input may come.
var readers = map[string]func(io.Reader) io.Reader{
	"at once":            func(r io.Reader) io.Reader { return r },
	"byte by byte":       iotest.OneByteReader,
	"half of it":         iotest.HalfReader,
	"with the end in it": iotest.DataErrReader,
}

func TestCutLines(t *testing.T) {
	long := strings.Repeat("x", 3*readLength)
	for _, c := range []struct {
		input string
		lines []string
	}{
		{"", nil},
		{"\n", []string{""}},
		{"\n\n", []string{"", ""}},
		{"a", []string{"a"}},
		{"a\n", []string{"a"}},
		{"a\nb", []string{"a", "b"}},
		{"a\n\nb\n", []string{"a", "", "b"}},
		{"a\r\nb\x00c\n\xff", []string{"a\r", "b\x00c", "\xff"}},
		{long + "\n" + long, []string{long, long}},
	} {
		for name, reader := range readers {
			if len(c.input) > readLength && name == "byte by byte" {
				continue
			}
			got, err := collect(t, reader(strings.NewReader(c.input)), cutLines(len(long)))
			require.NoError(t, err)
			require.Equal(t, c.lines, got, "%.20q %s", c.input, name)
		}
	}
}

func TestCutLines_aLineThatIsTooLongIsNamed(t *testing.T) {
	for _, c := range []struct {
		input    string
		before   []string
		mentions string
	}{
		{"12345\n123456\n1\n", []string{"12345"}, "line 2 has 6 bytes"},
		{"123456", nil, "line 1 has"},
		{"\n\n\n1234567890", []string{"", "", ""}, "line 4 has"},
	} {
		for name, reader := range readers {
			got, err := collect(t, reader(strings.NewReader(c.input)), cutLines(5))
			require.Error(t, err, name)
			require.Contains(t, err.Error(), "at most 5")
			require.Contains(t, err.Error(), "--raw")
			if name == "at once" {
				require.Contains(t, err.Error(), c.mentions)
			}
			require.Equal(t, c.before, got, "what comes before it is sent: %s", name)
		}
	}
}

func TestCutLines_anEndlessLineDoesNotEatTheMemory(t *testing.T) {
	read := 0
	endless := readerFunc(func(p []byte) (int, error) {
		read += len(p)
		return len(p), nil
	})
	_, err := collect(t, endless, cutLines(1000))
	require.ErrorContains(t, err, "at least")
	require.Less(t, read, 10<<20)
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func TestCutBlocks(t *testing.T) {
	for name, reader := range readers {
		got, err := collect(t, reader(strings.NewReader("aabbc")), cutBlocks(2))
		require.NoError(t, err)
		require.Equal(t, []string{"aa", "bb", "c"}, got, name)
		got, err = collect(t, reader(strings.NewReader("aabb")), cutBlocks(2))
		require.NoError(t, err)
		require.Equal(t, []string{"aa", "bb"}, got, "no empty message at the end: %s", name)
		got, err = collect(t, reader(strings.NewReader("")), cutBlocks(2))
		require.NoError(t, err)
		require.Empty(t, got, name)
	}
}

func TestReadMessages_whatIsCompleteDoesNotWaitForMore(t *testing.T) {
	r, w := io.Pipe()
	quit := make(chan struct{})
	defer close(quit)
	batches := readMessages(r, cutLines(100), quit)
	go func() {
		_, _ = w.Write([]byte("one\ntw")) // the test below fails if it does
	}()
	b := <-batches
	require.Len(t, b.ends, 1)
	require.Equal(t, "one", string(b.data[:b.ends[0]]))
	go func() {
		_, _ = w.Write([]byte("o\n"))
		_ = w.Close()
	}()
	b = <-batches
	require.Equal(t, "two\n", string(b.data))
	require.ErrorIs(t, (<-batches).err, io.EOF)
}

func TestReadMessages_aFailureComesBehindWhatWasRead(t *testing.T) {
	broken := errors.New("the disk is gone")
	got, err := collect(t, io.MultiReader(strings.NewReader("one\ntwo\n"), iotest.ErrReader(broken)), cutLines(100))
	require.ErrorIs(t, err, broken)
	require.Equal(t, []string{"one", "two"}, got)
}

func TestProgress_isSilentUnlessThereIsATerminal(t *testing.T) {
	var out bytes.Buffer
	p := newProgress(&out, 10)
	p.add(1000, 10)
	p.stop()
	p.clear()
	require.Empty(t, out.String())
}

func TestProgress_drawsABar(t *testing.T) {
	var out bytes.Buffer
	p := &progress{out: &out, total: 2048, begun: time.Now().Add(-time.Second)}
	p.add(3, 1024)
	p.stop()
	require.Contains(t, out.String(), " 50% [===============               ]  1.0 KiB  3 messages")
	drawn := out.String()
	p.stop()
	require.Equal(t, drawn, out.String(), "once")
	more := &progress{out: &out, total: 1, begun: time.Now()}
	more.add(clockEvery, 100) // a file that grows
	require.Contains(t, out.String(), "100%")
}

func TestByteCount(t *testing.T) {
	for n, text := range map[int64]string{0: "0 B", 1023: "1023 B", 1024: "1.0 KiB", 1536: "1.5 KiB", 5 << 20: "5.0 MiB", 3 << 40: "3.0 TiB", 1<<63 - 1: "8.0 EiB"} {
		require.Equal(t, text, byteCount(n))
	}
	require.Zero(t, perSecond(5, 0))
	require.Equal(t, int64(10), perSecond(5, 500*time.Millisecond))
}
