package mediadir

import (
	"errors"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"runtime"
	"strconv"
)

// shmDir is where Linux keeps files in memory.
const shmDir = "/dev/shm"

// Secure gives a directory that this process's effective user owns the mode 0700. The C
// driver makes its directory with mode 0777 less the process's umask, by default
// readable for every user of the machine; call Secure as soon as C has made it, or keep
// it below DefaultParent. It does not follow a symbolic link.
func Secure(dir string) error {
	path, err := cleanPath(dir)
	if err != nil {
		return &Error{Op: "secure", Dir: dir, Err: err}
	}
	if detail, err := secure(path); err != nil {
		return &Error{Op: "secure", Dir: dir, Detail: detail, Err: err}
	}
	return nil
}

// DefaultParent returns the directory below which drivers without a directory of their
// own are kept: /dev/shm/aerongo-<uid> on Linux, otherwise the same in os.TempDir. It is
// made if it does not exist. When DefaultParent returns without an error, the directory
// belongs to this process's effective user, is no symbolic link and has mode 0700,
// whatever the umask; nobody else but root can reach what is in it.
//
// The error is an *Error: ErrInsecureParent (with ErrForeignOwner, ErrSymlink or
// ErrNotDirectory) if somebody else was there first, or what the operating system said.
func DefaultParent() (string, error) { return parentIn(parentBase()) }

// DefaultParentPath returns what DefaultParent would, without making or checking anything.
func DefaultParentPath() string { return parentPath(parentBase()) }

func parentBase() string {
	if runtime.GOOS == "linux" {
		if info, err := os.Stat(shmDir); err == nil && info.IsDir() {
			return shmDir
		}
	}
	return os.TempDir()
}

func parentPath(base string) string {
	return filepath.Join(base, "aerongo-"+strconv.Itoa(effectiveUID()))
}

func parentIn(base string) (string, error) {
	const op = "make default parent"
	dir := parentPath(base)
	fail := func(detail string, err error) (string, error) {
		return "", &Error{Op: op, Dir: dir, Detail: detail, Err: err}
	}
	if !supported {
		return fail("", ErrUnsupported)
	}
	info, err := os.Stat(base)
	if err != nil {
		return fail("", err)
	}
	if info.Mode().Perm()&0o002 != 0 && info.Mode()&fs.ModeSticky == 0 {
		return fail(base+" can be written to by everybody and is not sticky: others can replace what is in it", ErrInsecureParent)
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return fail("", bare(err))
	}
	if detail, err := secure(dir); err != nil {
		if errors.Is(err, ErrForeignOwner) || errors.Is(err, ErrSymlink) || errors.Is(err, ErrNotDirectory) {
			err = &insecure{cause: err}
		}
		return fail(detail, err)
	}
	return dir, nil
}

// insecure is ErrInsecureParent with its reason.
type insecure struct{ cause error }

func (e *insecure) Error() string   { return e.cause.Error() + ": " + ErrInsecureParent.Error() }
func (e *insecure) Unwrap() []error { return []error{ErrInsecureParent, e.cause} }

// AeronDefaultDir returns the directory that a C client or driver uses if nobody names
// one: /dev/shm/aeron-<user> on Linux, otherwise aeron-<user> in the directory for
// temporary files. The user is $USER if it is set, else the real user's name, else
// "default". $AERON_DIR, which C looks at first, is the caller's business.
func AeronDefaultDir() string {
	if runtime.GOOS == "linux" {
		return shmDir + "/aeron-" + userName()
	}
	return filepath.Join(os.TempDir(), "aeron-"+userName())
}

// userName follows username() of aeron_fileutil.c.
func userName() string {
	names := []string{"USER"}
	if runtime.GOOS == "windows" {
		names = append(names, "USERNAME")
	}
	for _, name := range names {
		if value, ok := os.LookupEnv(name); ok { // an empty one counts, as in C
			return value
		}
	}
	if u, err := user.LookupId(strconv.Itoa(os.Getuid())); err == nil && u.Username != "" {
		return u.Username
	}
	return "default"
}

// FreeSpace returns how many bytes this process may still write to the file system that
// holds dir, or would hold it: if dir does not exist, its nearest parent that does.
func FreeSpace(dir string) (uint64, error) {
	const op = "free space"
	path, err := cleanPath(dir)
	if err == nil {
		path, err = filepath.Abs(path)
	}
	if err != nil {
		return 0, &Error{Op: op, Dir: dir, Err: err}
	}
	for {
		n, err := freeSpace(path)
		if err == nil {
			return n, nil
		}
		up := filepath.Dir(path)
		if !errors.Is(err, fs.ErrNotExist) || up == path {
			return 0, &Error{Op: op, Dir: dir, Err: err}
		}
		path = up
	}
}
