package mediadir

import (
	"errors"
	"io/fs"
	"regexp"
	"time"

	"github.com/aeroncgo/aeron/internal/cncfile"
)

// The names of Aeron's entries, as in aeron_fileutil.h and aeron_loss_reporter.h.
const (
	lossReportFile  = "loss-report.dat"
	publicationsDir = "publications"
	imagesDir       = "images"
)

// logBuffer matches the names of log buffers: a registration id, an int64.
var logBuffer = regexp.MustCompile(`^-?[0-9]{1,19}\.logbuffer$`)

// tree is what a directory holds: the names of Aeron's entries, and the first one that
// is not Aeron's.
type tree struct {
	foreign string              // relative to the directory; "" if there is none
	files   []string            // regular files at the top
	dirs    map[string][]string // the two directories, and the log buffers in each

	newest      time.Time // the last modification of the directory or an entry of Aeron's
	cncModified time.Time // zero if there is no cnc.dat
	cncLength   int64
}

func (t *tree) empty() bool { return t.foreign == "" && len(t.files) == 0 && len(t.dirs) == 0 }

// lastModified returns when that which decides was last modified: cnc.dat if it is
// there, otherwise anything.
func (t *tree) lastModified(cncErr error) time.Time {
	if errors.Is(cncErr, cncfile.ErrNotFound) || t.cncModified.IsZero() {
		return t.newest
	}
	return t.cncModified
}

func (t *tree) saw(modified time.Time) {
	if modified.After(t.newest) {
		t.newest = modified
	}
}

func (t *tree) addForeign(name string) {
	// The first by name, not by the order in which the file system lists them: the same
	// directory gives the same message.
	if t.foreign == "" || name < t.foreign {
		t.foreign = name
	}
}

// addTop files an entry of the directory itself. It reports whether the entry is one of
// the two directories to look into.
func (t *tree) addTop(name string, e entry) (descend bool) {
	switch {
	case e.mode.IsRegular() && (name == cncfile.FileName || name == lossReportFile):
		t.files = append(t.files, name)
		if name == cncfile.FileName {
			t.cncModified, t.cncLength = e.modified, e.length
		}
	case e.mode.IsDir() && (name == publicationsDir || name == imagesDir):
		if t.dirs == nil {
			t.dirs = make(map[string][]string, 2)
		}
		t.dirs[name] = nil
		descend = true
	default:
		t.addForeign(name)
		return false
	}
	t.saw(e.modified)
	return descend
}

// addLog files an entry of one of the two directories.
func (t *tree) addLog(dir, name string, e entry) {
	if !e.mode.IsRegular() || !logBuffer.MatchString(name) {
		t.addForeign(dir + "/" + name)
		return
	}
	t.dirs[dir] = append(t.dirs[dir], name)
	t.saw(e.modified)
}

// entry describes a directory entry itself, never what a symbolic link points to.
type entry struct {
	mode     fs.FileMode
	length   int64
	modified time.Time
	id       fileID
}

// fileID tells files apart; equal ids at different times mean the same file unless it
// was removed in between.
type fileID struct{ dev, ino uint64 }
