package aeron_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/aeronc"
	"github.com/aeroncgo/aeron/internal/testdriver"
)

func TestStart_makesAPrivateDirectoryThatCloseRemoves(t *testing.T) {
	cfg := config(t)
	cfg.Directory = filepath.Join(cfg.Directory, "below", "what is", "missing")
	d := start(t, cfg)
	require.Equal(t, cfg.Directory, d.Dir(), "exactly as given")
	info, err := os.Stat(cfg.Directory)
	require.NoError(t, err)
	require.Equal(t, fs.FileMode(0o700), info.Mode().Perm())
	require.FileExists(t, filepath.Join(cfg.Directory, "cnc.dat"))
	require.NoError(t, d.Close())
	require.NoDirExists(t, cfg.Directory)
	require.DirExists(t, filepath.Dir(cfg.Directory), "its parents are not Close's")
}

func TestStart_takesAnEmptyDirectoryWhateverItsMode(t *testing.T) {
	cfg := config(t)
	require.NoError(t, os.Mkdir(cfg.Directory, 0o777))
	require.NoError(t, os.Chmod(cfg.Directory, 0o777))
	start(t, cfg)
	info, err := os.Stat(cfg.Directory)
	require.NoError(t, err)
	require.Equal(t, fs.FileMode(0o700), info.Mode().Perm())
}

func TestClose_leavesADirectoryThatIsToBeKept(t *testing.T) {
	cfg := config(t)
	cfg.KeepDirectory = true
	for range 3 {
		d := start(t, cfg)
		p, err := d.AddPublication(testdriver.Context(t), "aeron:ipc", 1)
		require.NoError(t, err)
		connect(t, d, p)
		publish(t, p, "x")
		require.NoError(t, d.Close())
		require.FileExists(t, filepath.Join(cfg.Directory, "cnc.dat"))
	}
	cfg.KeepDirectory = false
	require.NoError(t, start(t, cfg).Close(), "what a dead driver left is taken over")
	require.NoDirExists(t, cfg.Directory)
}

func TestStart_refusesADirectoryWithSomebodysFiles(t *testing.T) {
	for name, file := range map[string]string{
		"a file":                        "thesis.txt",
		"a hidden file":                 ".profile",
		"a tree":                        "chapters/one/thesis.txt",
		"a file beside Aeron's folders": "publications/thesis.txt",
	} {
		t.Run(name, func(t *testing.T) {
			cfg := config(t)
			path := filepath.Join(cfg.Directory, file)
			require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
			require.NoError(t, os.WriteFile(path, []byte("years of work"), 0o640))
			d := open(t, cfg)
			err := d.Start(testdriver.Context(t))
			require.ErrorIs(t, err, aeron.ErrDirectoryRefused)
			require.ErrorContains(t, err, "use another directory")
			require.Equal(t, cfg.Directory, typed(t, err).Dir)
			_, err = d.AddPublication(testdriver.Context(t), "aeron:ipc", 1)
			require.ErrorIs(t, err, aeron.ErrNotStarted)
			require.NoError(t, d.Close())
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			require.Equal(t, "years of work", string(text))
			info, err := os.Stat(path)
			require.NoError(t, err)
			require.Equal(t, fs.FileMode(0o640), info.Mode().Perm())
			require.NoFileExists(t, filepath.Join(cfg.Directory, "cnc.dat"))

			require.NoError(t, os.RemoveAll(cfg.Directory))
			require.NoError(t, start(t, cfg).Close(), "once it is empty all is well")
		})
	}
}

func TestStart_refusesADirectoryWhereADriverLives(t *testing.T) {
	living := testdriver.Start(t)
	client := living.Connect()
	cfg := config(t)
	cfg.Directory = living.Dir()
	d := open(t, cfg)
	within(t, "the refusal", func() {
		err := d.Start(testdriver.Context(t))
		require.ErrorIs(t, err, aeron.ErrDriverActive)
		require.ErrorContains(t, err, "pid")
		require.Equal(t, living.Dir(), typed(t, err).Dir)
	})
	require.NoError(t, d.Close())
	require.FileExists(t, filepath.Join(living.Dir(), "cnc.dat"))
	_, err := client.AddPublication(testdriver.Context(t), "aeron:ipc", 1)
	require.NoError(t, err, "the living driver has not noticed")
	require.NoError(t, client.Err())
}

func TestOpen_refusesADirectoryThatCWouldCutOff(t *testing.T) {
	for _, dir := range []string{"/dev/shm/" + strings.Repeat("x", 5000), "/dev/shm/" + strings.Repeat("y/", 2040)} {
		_, err := aeron.Open(aeron.Config{Directory: dir})
		require.ErrorIs(t, err, aeron.ErrInvalidArgument)
		require.ErrorContains(t, err, "must be up to 4032 bytes")
		require.Less(t, len(err.Error()), 200)
	}
}

func TestStart_refusesWhatIsNoDirectory(t *testing.T) {
	place := testdriver.Dir(t)
	require.NoError(t, os.Mkdir(place, 0o700))
	file := filepath.Join(place, "file")
	require.NoError(t, os.WriteFile(file, []byte("mine"), 0o600))
	link := filepath.Join(place, "link")
	require.NoError(t, os.Mkdir(filepath.Join(place, "target"), 0o700))
	require.NoError(t, os.Symlink(filepath.Join(place, "target"), link))
	for name, c := range map[string]struct {
		dir  string
		want error
		text string
	}{
		"a file":          {file, aeron.ErrInvalidArgument, "not a directory"},
		"below a file":    {filepath.Join(file, "below"), nil, "not a directory"},
		"a link":          {link, aeron.ErrDirectoryRefused, "symbolic link"},
		"the file system": {"/", aeron.ErrDirectoryRefused, "holds something"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, external := range []bool{false, true} {
				cfg := aeron.Config{Directory: c.dir, External: external}
				d := open(t, cfg)
				within(t, "the refusal", func() {
					err := d.Start(testdriver.Context(t))
					if !external && c.want != nil {
						require.ErrorIs(t, err, c.want)
					}
					if !external {
						require.ErrorContains(t, err, c.text)
					}
					require.True(t, strings.HasPrefix(d.Dir(), typed(t, err).Dir), "the error must name the directory")
				})
				require.NoError(t, d.Close())
			}
		})
	}
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, "mine", string(text))
	entries, err := os.ReadDir(filepath.Join(place, "target"))
	require.NoError(t, err)
	require.Empty(t, entries)
}

func TestStart_withoutPermission(t *testing.T) {
	locked := testdriver.Dir(t)
	require.NoError(t, os.Mkdir(locked, 0o700))
	mode := fs.FileMode(0o700) // as root: of another user than the child
	if os.Geteuid() != 0 {
		mode = 0
	}
	require.NoError(t, os.Chmod(locked, mode))
	t.Cleanup(func() { require.NoError(t, os.Chmod(locked, 0o700)) })
	for _, task := range []string{"embedded", "external"} {
		for _, dir := range []string{filepath.Join(locked, "driver"), locked} {
			if dir == locked && task == "embedded" && os.Geteuid() != 0 {
				continue // one's own directory, whatever its mode, is one's own to use
			}
			said := asNobody(t, task, dir)
			require.Contains(t, said, "permission=true typed=true", task)
			require.Contains(t, said, dir)
		}
	}
	require.NoError(t, os.Chmod(locked, 0o700))
	entries, err := os.ReadDir(locked)
	require.NoError(t, err)
	require.Empty(t, entries)
}

// A driver that was killed leaves its files; its successor must get in as soon as it counts as dead.
func TestStart_takesOverFromADeadDriver(t *testing.T) {
	cfg := config(t)
	cfg.KeepDirectory = true
	require.NoError(t, start(t, cfg).Close())
	require.NoError(t, os.WriteFile(filepath.Join(cfg.Directory, "publications", "7.logbuffer"), make([]byte, 4096), 0o600))
	d := start(t, cfg)
	require.NoFileExists(t, filepath.Join(cfg.Directory, "publications", "7.logbuffer"))
	_, err := d.AddPublication(testdriver.Context(t), "aeron:ipc", 1)
	require.NoError(t, err)
}

// C checks some of what it is told only when it starts.
func TestStart_thatCRefusesSaysSoAgain(t *testing.T) {
	cfg := config(t)
	t.Setenv("AERON_CLIENT_LIVENESS_TIMEOUT", "1ms")
	cfg.FromEnv = true
	d := open(t, cfg)
	err := d.Start(testdriver.Context(t))
	require.ErrorContains(t, err, "client_liveness_timeout")
	require.Equal(t, cfg.Directory, typed(t, err).Dir)
	require.Equal(t, err.Error(), d.Start(testdriver.Context(t)).Error())
	require.NoFileExists(t, filepath.Join(cfg.Directory, "cnc.dat"), "the next start would have to wait for it")
	require.NoError(t, d.Close())
	cfg.FromEnv = false
	require.NoError(t, start(t, cfg).Close())
}

func TestExternal_usesTheDriverThatRuns(t *testing.T) {
	running := testdriver.Start(t)
	d := start(t, aeron.Config{External: true, Directory: running.Dir(), ClientName: "guest"})
	p, err := d.AddExclusivePublication(testdriver.Context(t), "aeron:ipc", 1)
	require.NoError(t, err)
	s := connect(t, d, p)
	publish(t, p, "to a driver elsewhere")
	require.Equal(t, []string{"to a driver elsewhere"}, receive(t, s, 1))
	require.NoError(t, d.Close())
	require.FileExists(t, filepath.Join(running.Dir(), "cnc.dat"), "it is not ours to delete")
	client := running.Connect()
	_, err = client.AddPublication(testdriver.Context(t), "aeron:ipc", 1)
	require.NoError(t, err, "nor to end")
}

func TestExternal_withoutADriver(t *testing.T) {
	dead := testdriver.Dir(t)
	kept := config(t)
	kept.Directory, kept.KeepDirectory = dead, true
	require.NoError(t, start(t, kept).Close())
	empty := testdriver.Dir(t)
	require.NoError(t, os.Mkdir(empty, 0o755))
	foreign := testdriver.Dir(t)
	require.NoError(t, os.Mkdir(foreign, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(foreign, "cnc.dat"), []byte("short"), 0o600))
	missing := testdriver.Dir(t)
	for name, dir := range map[string]string{"missing": missing, "empty": empty, "dead": dead, "foreign": foreign} {
		t.Run(name, func(t *testing.T) {
			before := tree(t, dir)
			d := open(t, aeron.Config{External: true, Directory: dir})
			var err error
			within(t, "Start, which does not wait for a driver", func() { err = d.Start(testdriver.Context(t)) })
			require.ErrorIs(t, err, aeron.ErrNoDriver)
			require.Equal(t, dir, typed(t, err).Dir)
			require.NoError(t, d.Close())
			require.Equal(t, before, tree(t, dir), "nothing is made, changed or deleted")
		})
	}
	require.ErrorIs(t, open(t, aeron.Config{External: true, Directory: missing}).Start(testdriver.Context(t)), fs.ErrNotExist)

	// The same handle works once there is one.
	d := open(t, aeron.Config{External: true, Directory: missing})
	require.ErrorIs(t, d.Start(testdriver.Context(t)), aeron.ErrNoDriver)
	testdriver.Start(t, func(c *aeronc.DriverContext) { require.NoError(t, c.SetDir(missing)) })
	require.NoError(t, d.Start(testdriver.Context(t)))
	require.NoError(t, d.Close())
}

// tree lists what is in a directory, with sizes and modes.
func tree(t *testing.T, dir string) (all []string) {
	t.Helper()
	if _, err := os.Lstat(dir); err != nil {
		return nil
	}
	require.NoError(t, filepath.Walk(dir, func(path string, info fs.FileInfo, err error) error {
		require.NoError(t, err)
		all = append(all, path+" "+info.Mode().String()+" "+info.ModTime().String())
		return nil
	}))
	return all
}
