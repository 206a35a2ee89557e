//go:build linux || darwin

package mediadir_test

import (
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/internal/cncfile/cnctest"
	"github.com/aeroncgo/aeron/internal/mediadir"
)

// requirePrivate makes sure that nobody else can reach what is in a directory.
func requirePrivate(t testing.TB, dir string) {
	t.Helper()
	info, err := os.Lstat(dir)
	require.NoError(t, err)
	require.Equal(t, fs.ModeDir|0o700, info.Mode())
	require.EqualValues(t, os.Geteuid(), info.Sys().(*syscall.Stat_t).Uid)
}

func TestDefaultParent(t *testing.T) {
	_, err := os.Lstat(own("/dev/shm"))
	existed := err == nil
	dir, err := mediadir.DefaultParent()
	require.NoError(t, err)
	if !existed {
		// Fails, and may, if a driver of this user has begun to live there meanwhile.
		defer func() { _ = os.Remove(dir) }()
	}
	requirePrivate(t, dir)
	require.Equal(t, "aerongo-"+strconv.Itoa(os.Geteuid()), filepath.Base(dir))
	again, err := mediadir.DefaultParent()
	require.NoError(t, err)
	require.Equal(t, dir, again)
	require.Equal(t, dir, mediadir.DefaultParentPath())
}

// own is the name of this user's directory in a base directory.
func own(base string) string { return filepath.Join(base, "aerongo-"+strconv.Itoa(os.Geteuid())) }

func TestDefaultParent_isPrivateWhateverTheUmask(t *testing.T) {
	if arg, ok := cnctest.ChildArgument(); ok {
		umask, base, _ := strings.Cut(arg, " ")
		bits, err := strconv.ParseUint(umask, 8, 16)
		require.NoError(t, err)
		syscall.Umask(int(bits))
		dir, err := mediadir.ParentIn(base)
		require.NoError(t, err)
		require.Equal(t, own(base), dir)
		requirePrivate(t, dir)
		return
	}
	for _, umask := range []string{"000", "022", "077", "277", "777"} {
		t.Run(umask, func(t *testing.T) {
			base := cnctest.Dir(t)
			runUmaskChild(t, umask+" "+base, os.Geteuid())
			requirePrivate(t, own(base))
			if os.Geteuid() != 0 {
				return
			}
			// Once more as one whom the modes bind.
			base = cnctest.Dir(t)
			require.NoError(t, os.Chmod(base, 0o777|fs.ModeSticky)) //nolint:gosec // like /dev/shm
			runUmaskChild(t, umask+" "+base, cnctest.Nobody)
			info, err := os.Lstat(filepath.Join(base, "aerongo-"+strconv.Itoa(cnctest.Nobody)))
			require.NoError(t, err)
			require.Equal(t, fs.ModeDir|0o700, info.Mode())
		})
	}
}

func runUmaskChild(t *testing.T, arg string, uid int) {
	t.Helper()
	cnctest.RunChild(t, "TestDefaultParent_isPrivateWhateverTheUmask", arg, uid)
}

func TestDefaultParent_repairsTheModeOfItsOwn(t *testing.T) {
	for _, mode := range []fs.FileMode{0, 0o100, 0o500, 0o755, 0o777, 0o777 | fs.ModeSticky, 0o700 | fs.ModeSetgid} {
		base := cnctest.Dir(t)
		require.NoError(t, os.Mkdir(own(base), 0o700))
		require.NoError(t, os.Chmod(own(base), mode))
		_, err := mediadir.ParentIn(base)
		require.NoError(t, err, "%v", mode)
		requirePrivate(t, own(base))
	}
}

func TestDefaultParent_refusesWhatSomebodyElsePutThere(t *testing.T) {
	elsewhere := cnctest.Dir(t)
	for name, c := range map[string]struct {
		plant func(path string) error
		want  error
	}{
		"a link to a directory": {func(path string) error { return os.Symlink(elsewhere, path) }, mediadir.ErrSymlink},
		"a dangling link":       {func(path string) error { return os.Symlink(elsewhere+"/no", path) }, mediadir.ErrSymlink},
		"a file":                {func(path string) error { return os.WriteFile(path, nil, 0o600) }, mediadir.ErrNotDirectory},
		"a fifo":                {func(path string) error { return syscall.Mkfifo(path, 0o600) }, mediadir.ErrNotDirectory},
	} {
		t.Run(name, func(t *testing.T) {
			base := cnctest.Dir(t)
			require.NoError(t, c.plant(own(base)))
			before := cnctest.Contents(t, base)
			dir, err := mediadir.ParentIn(base)
			require.Empty(t, dir)
			requireError(t, err, mediadir.ErrInsecureParent, own(base))
			require.ErrorIs(t, err, c.want)
			require.ErrorContains(t, err, "set the driver's directory explicitly")
			require.Equal(t, before, cnctest.Contents(t, base))
		})
	}
	left, err := os.ReadDir(elsewhere)
	require.NoError(t, err)
	require.Empty(t, left)
}

func TestDefaultParent_refusesADirectoryOfSomebodyElse(t *testing.T) {
	base := cnctest.Dir(t)
	// A directory that this process has made, and a package that believes to be another
	// user: to that one it is somebody else's. Root's is refused as well.
	stranger := os.Geteuid() + 1
	dir := filepath.Join(base, "aerongo-"+strconv.Itoa(stranger))
	require.NoError(t, os.Mkdir(dir, 0o755)) //nolint:gosec // must not be changed
	defer mediadir.PretendUID(stranger)()
	_, err := mediadir.ParentIn(base)
	requireError(t, err, mediadir.ErrInsecureParent, dir)
	require.ErrorIs(t, err, mediadir.ErrForeignOwner)
	info, err := os.Stat(dir)
	require.NoError(t, err)
	require.Equal(t, fs.FileMode(0o755), info.Mode().Perm())
}

func TestDefaultParent_refusesABaseThatIsOpenToAll(t *testing.T) {
	base := cnctest.Dir(t)
	require.NoError(t, os.Chmod(base, 0o777)) //nolint:gosec // the point of the test
	_, err := mediadir.ParentIn(base)
	requireError(t, err, mediadir.ErrInsecureParent, own(base))
	require.ErrorContains(t, err, "not sticky")
	requireGone(t, own(base))

	require.NoError(t, os.Chmod(base, 0o777|fs.ModeSticky)) //nolint:gosec // like /dev/shm
	_, err = mediadir.ParentIn(base)
	require.NoError(t, err)
}

func TestDefaultParent_baseIsMissing(t *testing.T) {
	base := filepath.Join(cnctest.Dir(t), "no")
	_, err := mediadir.ParentIn(base)
	requireError(t, err, fs.ErrNotExist, own(base))
}

func TestSecure_closesADirectory(t *testing.T) {
	for _, mode := range []fs.FileMode{0o777, 0o755, 0o700, 0o500, 0} {
		f := dead(t)
		require.NoError(t, os.Chmod(f.dir, mode))
		require.NoError(t, mediadir.Secure(f.dir), "%v", mode)
		requirePrivate(t, f.dir)
		require.FileExists(t, f.path("cnc.dat"))
	}
}

func TestSecure_refuses(t *testing.T) {
	f := dead(t)
	require.NoError(t, os.Chmod(f.dir, 0o755)) //nolint:gosec // must not be changed
	link := filepath.Join(f.parent, "link")
	require.NoError(t, os.Symlink(f.dir, link))
	for _, c := range []struct {
		dir  string
		want error
	}{
		{link, mediadir.ErrSymlink},
		{link + "/", mediadir.ErrSymlink},
		{f.path("cnc.dat"), mediadir.ErrNotDirectory},
		{f.path("missing"), fs.ErrNotExist},
		{"", mediadir.ErrInvalidPath},
		{f.dir + "\x00", mediadir.ErrInvalidPath},
		{strings.Repeat("x", 5000), mediadir.ErrPathTooLong},
	} {
		f.untouched(func() { requireError(t, mediadir.Secure(c.dir), c.want, c.dir) })
	}
	defer mediadir.PretendUID(os.Geteuid() + 1)()
	f.untouched(func() { requireError(t, mediadir.Secure(f.dir), mediadir.ErrForeignOwner, f.dir) })
}

func TestAeronDefaultDir_isCs(t *testing.T) {
	t.Setenv("AERON_DIR", "/ignored")
	t.Setenv("USER", "someone")
	require.Equal(t, "aeron-someone", filepath.Base(mediadir.AeronDefaultDir()))
	t.Setenv("USER", "")
	require.Equal(t, "aeron-", filepath.Base(mediadir.AeronDefaultDir()), "C takes an empty $USER as it is")
	require.NoError(t, os.Unsetenv("USER"))
	me, err := user.Current()
	require.NoError(t, err)
	require.Equal(t, "aeron-"+me.Username, filepath.Base(mediadir.AeronDefaultDir()))
}

func TestFreeSpace_ofTheNearestParent(t *testing.T) {
	f := empty(t)
	here, err := mediadir.FreeSpace(f.dir)
	require.NoError(t, err)
	require.Positive(t, here)
	var st syscall.Statfs_t
	require.NoError(t, syscall.Statfs(f.dir, &st))
	require.LessOrEqual(t, here, st.Blocks*uint64(st.Bsize))

	deeper, err := mediadir.FreeSpace(f.path("not/there/yet"))
	require.NoError(t, err)
	require.InEpsilon(t, here, deeper, 0.5, "the same file system; others write to it meanwhile")

	t.Chdir(f.dir)
	_, err = mediadir.FreeSpace("relative")
	require.NoError(t, err)
}

func TestFreeSpace_refuses(t *testing.T) {
	f := empty(t).write("file", "")
	for dir, want := range map[string]error{
		"":                              mediadir.ErrInvalidPath,
		"a\x00b":                        mediadir.ErrInvalidPath,
		f.path("file/below"):            syscall.ENOTDIR,
		"/" + strings.Repeat("x", 5000): mediadir.ErrPathTooLong,
	} {
		_, err := mediadir.FreeSpace(dir)
		requireError(t, err, want, dir)
	}
}

func TestError_saysEverythingOnce(t *testing.T) {
	f := alive(t)
	err := mediadir.PrepareForDriver(f.dir, mediadir.PrepareOptions{})
	require.Equal(t, 1, strings.Count(err.Error(), f.dir), err.Error())
	require.Regexp(t, `^mediadir: prepare ".*/driver": driver pid \d+, heartbeat .* ago: a media driver is active`, err.Error())
}
