package main

import (
	"bytes"
	"io"
	"os"
	"unicode/utf8"

	"golang.org/x/term"
)

// screen is where a view is drawn again and again: a terminal, or anything else, which gets one view after the other.
type screen struct {
	out      io.Writer
	terminal *os.File // nil if it is none
	entered  bool
}

func newScreen(out io.Writer) *screen {
	s := &screen{out: out}
	if isTerminal(out) {
		s.terminal = out.(*os.File)
	}
	return s
}

// height is how many lines there are, 0 for no end of them.
func (s *screen) height() int {
	_, height := s.size()
	return height
}

// size asks each time, as windows are resized.
func (s *screen) size() (width, height int) {
	if s.terminal == nil {
		return 0, 0
	}
	width, height, err := term.GetSize(int(s.terminal.Fd()))
	if err != nil || width <= 0 || height <= 0 { // a terminal that does not know
		return 80, 24
	}
	return width, height
}

// What terminals understand: a second screen without a cursor whose lines are cut at the edge, and back.
const (
	enterScreen = "\x1b[?1049h\x1b[?25l\x1b[?7l"
	leaveScreen = "\x1b[?7h\x1b[?25h\x1b[?1049l"
	goHome      = "\x1b[H"
	clearRest   = "\x1b[K"
	clearBelow  = "\x1b[J"
)

// draw shows a view instead of the one before, cut to what fits, or behind it.
func (s *screen) draw(view []byte) error {
	if s.terminal == nil {
		_, err := s.out.Write(append(view, '\n'))
		return err
	}
	var b bytes.Buffer
	if !s.entered {
		s.entered = true
		b.WriteString(enterScreen)
	}
	b.WriteString(goHome)
	width, height := s.size()
	view = bytes.TrimSuffix(view, []byte("\n"))
	row := 0
	for line := range bytes.SplitSeq(view, []byte("\n")) {
		if row == height {
			break
		}
		if row > 0 {
			b.WriteString("\r\n")
		}
		b.Write(cut(line, width))
		b.WriteString(clearRest)
		row++
	}
	b.WriteString(clearBelow)
	_, err := s.out.Write(b.Bytes())
	return err
}

// leave gives the terminal back as it was.
func (s *screen) leave() {
	if s.entered {
		s.entered = false
		_, _ = io.WriteString(s.out, leaveScreen) // there is nobody to tell
	}
}

// cut is the begin of a line, so many characters of it.
func cut(line []byte, width int) []byte {
	for i := 0; i < len(line); width-- {
		if width == 0 {
			return line[:i]
		}
		_, n := utf8.DecodeRune(line[i:])
		i += n
	}
	return line
}
