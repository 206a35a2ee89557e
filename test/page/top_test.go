//go:build programs

package page_test

import (
	"bytes"
	"flag"
	"fmt"
	"html"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/internal/testdriver"
)

var topPicture = flag.String("top", "", "where to write the picture of stat --watch")

// The terminal's size.
const columns, rows = 118, 26

// What a terminal is told, as in cmd/aerongo/screen.go.
const (
	goHome     = "\x1b[H"
	clearRest  = "\x1b[K"
	clearBelow = "\x1b[J"
)

// screens are the whole views in what a terminal was told.
func screens(told string) (views []string) {
	for part := range strings.SplitSeq(told, goHome) {
		if view, _, whole := strings.Cut(part, clearBelow); whole {
			views = append(views, strings.ReplaceAll(strings.ReplaceAll(view, clearRest, ""), "\r\n", "\n"))
		}
	}
	return views
}

func TestStatWatch_onATerminal(t *testing.T) {
	drv := busy(t)
	program := filepath.Join(t.TempDir(), "aerongo")
	built, err := exec.Command("go", "build", "-o", program, "../../cmd/aerongo").CombinedOutput()
	require.NoError(t, err, "%s", built)
	line := fmt.Sprintf("stty cols %d rows %d; exec %s stat --dir %s --watch --sort rate --interval 300ms", columns, rows, program, drv.Dir())
	said := &testdriver.Output{}
	cmd := exec.Command("script", "-qfec", line, os.DevNull) // gives it a terminal
	cmd.Stdout, cmd.Stderr = said, said
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.WaitDelay = testdriver.Patience
	require.NoError(t, cmd.Start())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = cmd.Wait() // it ends by a signal
	}()
	defer func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) // script and what runs in it
		select {
		case <-done:
		case <-time.After(testdriver.Patience):
			_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
			require.Fail(t, "it does not end")
		}
	}()
	testdriver.Await(t, "three views", func() bool { return len(screens(said.String())) >= 3 })
	views := screens(said.String())
	last := strings.Split(strings.TrimRight(views[len(views)-1], "\n"), "\n")
	require.LessOrEqual(t, len(last), rows)
	require.Contains(t, last[0], drv.Dir())
	require.Contains(t, last[0], "alive")
	for _, text := range last {
		require.LessOrEqual(t, len([]rune(text)), columns)
		require.NotContains(t, text, "\x1b")
	}
	require.Contains(t, strings.Join(last, "\n"), "Bytes sent")
	if *topPicture != "" {
		require.NoError(t, os.WriteFile(*topPicture, drawTerminal(last), 0o644))
	}
}

// drawTerminal is an SVG of lines on a terminal.
func drawTerminal(lines []string) []byte {
	const charWidth, lineHeight, margin = 7.3, 17, 12
	var b bytes.Buffer
	fmt.Fprintf(&b, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %d\" width=\"%[1]v\" height=\"%[2]v\" role=\"img\">\n", columns*charWidth+2*margin, rows*lineHeight+2*margin)
	b.WriteString("<title>aerongo stat --watch</title>\n<rect width=\"100%\" height=\"100%\" rx=\"6\" fill=\"#14171b\"/>\n")
	b.WriteString("<g font-family=\"ui-monospace, Menlo, Consolas, monospace\" font-size=\"12\" fill=\"#e4e7eb\" xml:space=\"preserve\">\n")
	for i, line := range lines {
		if line = strings.TrimRight(line, " "); line != "" {
			fmt.Fprintf(&b, "<text x=\"%d\" y=\"%d\" textLength=\"%.1f\" lengthAdjust=\"spacingAndGlyphs\">%s</text>\n", margin, margin+(i+1)*lineHeight-4,
				float64(len([]rune(line)))*charWidth, html.EscapeString(line))
		}
	}
	b.WriteString("</g>\n</svg>\n")
	return b.Bytes()
}
