package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/aeroncgo/aeron/internal/testdriver"
)

// terminal is a pseudo-terminal of a size, and what a program has written to it.
type terminal struct {
	master, slave *os.File
	mu            sync.Mutex
	written       bytes.Buffer
	done          chan struct{}
}

func aTerminal(t testing.TB, columns, rows uint16) *terminal {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	require.NoError(t, err)
	require.NoError(t, unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0))
	number, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	require.NoError(t, err)
	slave, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	require.NoError(t, err)
	term := &terminal{master: master, slave: slave, done: make(chan struct{})}
	term.resize(t, columns, rows)
	go func() {
		defer close(term.done)
		b := make([]byte, 4096)
		for {
			n, err := master.Read(b)
			term.mu.Lock()
			term.written.Write(b[:n])
			term.mu.Unlock()
			if err != nil { // EIO when the last program has gone
				return
			}
		}
	}()
	t.Cleanup(func() {
		_ = slave.Close() // it may be closed
		<-term.done
		require.NoError(t, master.Close())
	})
	return term
}

func (term *terminal) resize(t testing.TB, columns, rows uint16) {
	t.Helper()
	require.NoError(t, unix.IoctlSetWinsize(int(term.master.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Col: columns, Row: rows}))
}

func (term *terminal) String() string {
	term.mu.Lock()
	defer term.mu.Unlock()
	return term.written.String()
}

// run starts a command line on the terminal.
func (term *terminal) run(t testing.TB, args ...string) *process {
	t.Helper()
	cmd := program(args...)
	cmd.Stdout = term.slave
	return launchCommand(t, cmd)
}

func TestScreen_fitsTheTerminal(t *testing.T) {
	b := aBusyDriver(t, "aeron:ipc")
	for _, size := range []struct{ columns, rows uint16 }{{10, 5}, {1, 1}, {80, 24}, {500, 100}, {0, 0}} {
		for _, verb := range lookVerbs {
			term := aTerminal(t, size.columns, size.rows)
			p := term.run(t, verb, "--dir", b.Dir(), "--watch", "--interval", "10ms")
			testdriver.Await(t, "a few views", func() bool { return strings.Count(term.String(), goHome) > 3 })
			p.signal(os.Interrupt)
			require.Equal(t, exitOK, p.wait(), p.errs.String())
			require.Empty(t, p.errs.String())
			testdriver.Await(t, "the terminal back", func() bool { return strings.HasSuffix(term.String(), leaveScreen) })
			all := strings.ReplaceAll(term.String(), "\r\r\n", "\r\n") // terminals add one
			require.True(t, strings.HasPrefix(all, enterScreen), "%q", all)
			require.Equal(t, 1, strings.Count(all, enterScreen))
			views := strings.Split(strings.TrimSuffix(strings.TrimPrefix(all, enterScreen), leaveScreen), goHome)
			columns, rows := int(size.columns), int(size.rows)
			if columns == 0 { // a terminal that does not say
				columns, rows = 80, 24
			}
			for _, view := range views[1:] {
				shown := strings.Split(strings.TrimSuffix(view, clearBelow), "\r\n")
				require.LessOrEqual(t, len(shown), rows, verb)
				for _, line := range shown {
					line = strings.TrimSuffix(line, clearRest)
					require.LessOrEqual(t, utf8.RuneCountInString(line), columns, "%s: %q", verb, line)
					require.NotContains(t, line, "\x1b")
				}
			}
		}
	}
}

func TestScreen_followsTheWindow(t *testing.T) {
	b := aBusyDriver(t, "aeron:ipc")
	term := aTerminal(t, 20, 5)
	p := term.run(t, "stat", "--dir", b.Dir(), "--watch", "--interval", "10ms")
	testdriver.Await(t, "a view", func() bool { return strings.Count(term.String(), goHome) > 1 })
	require.NotContains(t, term.String(), "Status Messages received")
	term.resize(t, 120, 60)
	testdriver.Await(t, "a larger view", func() bool { return strings.Contains(term.String(), "Status Messages received") })
	p.signal(os.Interrupt)
	require.Equal(t, exitOK, p.wait())
}

func TestScreen_thatIsHungUpEndsTheProgram(t *testing.T) {
	b := aBusyDriver(t, "aeron:ipc")
	term := aTerminal(t, 80, 24)
	p := term.run(t, "stat", "--dir", b.Dir(), "--watch", "--interval", "10ms")
	testdriver.Await(t, "a view", func() bool { return strings.Contains(term.String(), goHome) })
	p.signal(unix.SIGTERM)
	require.Equal(t, exitOK, p.wait(), p.errs.String())
}

func TestCut(t *testing.T) {
	for _, c := range []struct {
		line  string
		width int
		want  string
	}{
		{"", 0, ""}, {"", 5, ""}, {"abc", 0, ""}, {"abc", 2, "ab"}, {"abc", 3, "abc"}, {"abc", 4, "abc"},
		{"äöü", 2, "äö"}, {"┌─for", 2, "┌─"}, {"a\xffb", 2, "a\xff"},
	} {
		require.Equal(t, c.want, string(cut([]byte(c.line), c.width)))
	}
}

// A reader that takes its time must not make the program gather what it has to say.
func TestScreen_aSlowReaderIsWaitedFor(t *testing.T) {
	b := aBusyDriver(t, "aeron:ipc")
	reader, writer, err := os.Pipe()
	require.NoError(t, err)
	cmd := program("stat", "--dir", b.Dir(), "--watch", "--interval", "10ms")
	cmd.Stdout = writer
	p := launchCommand(t, cmd)
	require.NoError(t, writer.Close())
	testdriver.Await(t, "a pipe that is full", func() bool {
		n, err := unix.IoctlGetInt(int(reader.Fd()), unix.TIOCINQ)
		return err == nil && n > 30000
	})
	begin := time.Now()
	p.signal(os.Interrupt)
	go func() { _, _ = io.Copy(io.Discard, reader); _ = reader.Close() }()
	require.Equal(t, exitOK, p.wait(), p.errs.String())
	require.Less(t, time.Since(begin), testdriver.Patience)
}
