package main

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/internal/nativelib"
)

// compile builds and runs a C program.
func compile(t *testing.T, args ...string) {
	t.Helper()
	program := filepath.Join(t.TempDir(), "program")
	text, err := exec.Command("gcc", append([]string{"-std=c11", "-Wall", "-Wextra", "-Werror", "-o", program}, args...)...).CombinedOutput()
	require.NoError(t, err, string(text))
	text, err = exec.Command(program).CombinedOutput()
	require.NoError(t, err, string(text))
}

// TestBuild is the one test that compiles everything: the rest of it looks at what came out.
func TestBuild(t *testing.T) {
	prefix := filepath.Join(t.TempDir(), "a prefix")
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	// What would spoil a build that trusted its environment.
	t.Setenv("DESTDIR", "/nowhere")
	t.Setenv("CMAKE_GENERATOR", "Nonsense")
	umask := syscall.Umask(0o077)
	got := call(t, "install", "--prefix", prefix)
	syscall.Umask(umask)
	require.Zero(t, got.code, got.stderr)
	archive := filepath.Join(prefix, "lib", "libaeron_native.a")

	t.Run("a second installation does nothing, at once", func(t *testing.T) {
		start := time.Now()
		got := call(t, "install", "--prefix", prefix)
		require.Zero(t, got.code, got.stderr)
		require.Contains(t, got.stdout, "is up to date")
		require.Less(t, time.Since(start), 10*time.Second, "a build takes longer")
	})

	t.Run("what is installed", func(t *testing.T) {
		for _, name := range []string{
			"include/aeron/aeronc.h", "include/aeron/aeronmd.h", "include/aeron/aeron_driver_context.h", "include/aeron/media/aeron_udp_channel.h",
			"include/aeron/aerongo_native.h", "include/aeron/aerongo_env.h", "lib/pkgconfig/aeron_native.pc",
			"share/aeron_native/LICENSE", "share/aeron_native/NOTICE", "aeron-native.json",
		} {
			require.FileExists(t, filepath.Join(prefix, name))
		}
		for _, name := range []string{"aeron-native.json", "lib/pkgconfig/aeron_native.pc", "include/aeron/aerongo_native.h"} {
			text, err := os.ReadFile(filepath.Join(prefix, name))
			require.NoError(t, err)
			require.NotContains(t, string(text), prefix, "%s names the machine's directories", name)
		}
		require.NoError(t, filepath.WalkDir(prefix, func(path string, _ fs.DirEntry, err error) error {
			require.NoError(t, err)
			info, err := os.Stat(path)
			require.NoError(t, err)
			require.Equal(t, fs.FileMode(0o444), info.Mode()&0o444, "%s: not everybody may read it", path)
			return nil
		}))
		text, err := os.ReadFile(archive)
		require.NoError(t, err)
		m, err := module(t.Context())
		require.NoError(t, err)
		for _, dir := range []string{sourceTree(t), m.Root, prefix} {
			require.False(t, bytes.Contains(text, []byte(dir)), "the archive names %s", dir)
		}
	})

	t.Run("what the archive asks of the system", func(t *testing.T) {
		text, err := exec.Command("nm", archive).Output()
		require.NoError(t, err)
		defined, asked, member := map[string]bool{}, map[string][]string{}, ""
		for line := range strings.Lines(string(text)) {
			fields := strings.Fields(line)
			switch {
			case len(fields) == 1:
				member = fields[0]
			case len(fields) == 2 && fields[0] == "U":
				asked[fields[1]] = append(asked[fields[1]], member)
			case len(fields) == 3:
				defined[fields[2]] = true
			}
		}
		for _, name := range []string{"aeron_init", "aeron_driver_init", "aeron_uri_string_builder_sprint", "aerongo_env_scope_set"} {
			require.True(t, defined[name], "%s is not in the archive", name)
		}
		require.False(t, defined["main"], "aeronmd is no part of it")
		for name, from := range asked {
			require.NotRegexp(t, `^(uuid_|bsd_|__gnu_strerror|strlcpy$)`, name, from)
		}
		// Only through the shim.
		for name, shim := range map[string]string{"socket": "aerongo_descriptors", "epoll_create1": "aerongo_descriptors", "getenv": "aerongo_env"} {
			require.Len(t, asked[name], 1, name)
			require.Contains(t, asked[name][0], shim, name)
			require.NotEmpty(t, asked["aerongo_"+name], "nothing calls the shim's %s", name)
		}
		for name, from := range map[string]string{
			"receive_channel_endpoint_remove_destination":            "aeron_driver_receiver.c",
			"receive_channel_endpoint_add_pending_setup_destination": "aeron_driver_receiver.c",
			"receive_channel_endpoint_on_add_publication_image":      "aeron_driver_receiver.c",
			"receive_channel_endpoint_update_control_address":        "aeron_driver_receiver.c",
			"publication_image_remove_destination":                   "aeron_driver_receiver.c",
			"publication_image_send_pending_status_message":          "aeron_driver_receiver.c",
			"receiver_channel_endpoint_send_error_frame":             "aeron_publication_image.c",
		} {
			require.Len(t, asked["aeron_"+name], 1, name)
			require.Contains(t, asked["aeron_"+name][0], "aerongo_destinations", name)
			require.Len(t, asked["aerongo_"+name], 1, name)
			require.Contains(t, asked["aerongo_"+name][0], from, name)
		}
	})

	t.Run("what the shim promises", func(t *testing.T) {
		compile(t, "-isystem", filepath.Join(prefix, "include", "aeron"), "testdata/shim.c",
			"-L"+filepath.Join(prefix, "lib"), "-laeron_native", "-lm", "-lpthread", "-ldl")
	})

	t.Run("a damaged archive is noticed", func(t *testing.T) {
		file, err := os.OpenFile(archive, os.O_RDWR, 0)
		require.NoError(t, err)
		_, err = file.WriteAt([]byte{0x7f}, 4096)
		require.NoError(t, err)
		require.NoError(t, file.Close())
		got := call(t, "check", "--prefix", prefix)
		require.Equal(t, 1, got.code)
		require.Contains(t, got.stderr, "lib/libaeron_native.a is damaged")
		require.Equal(t, 1, call(t, "env", "--prefix", prefix).code)
	})
}

func TestShim_randomNumbersWithAndWithoutEntropy(t *testing.T) {
	shim := filepath.Join("..", "..", "vendor-c", "shim", "aerongo_random.c")
	compile(t, "testdata/random.c", shim)
	compile(t, "-DWITHOUT_ENTROPY", "testdata/random.c", shim)
}

// The configuration that this machine would not choose: make, AddressSanitizer, a libc without arc4random. Configured, and our own files
// compiled.
func TestCMake_configuresTheOtherWays(t *testing.T) {
	source := sourceTree(t)
	build := t.TempDir()
	text, err := exec.Command("cmake", "-S", filepath.Join("..", ".."), "-B", build, "-G", "Unix Makefiles", "-DAERON_SOURCE_DIR="+source,
		"-DAERON_ASAN=ON", "-DAERON_WERROR=ON", "-DHAVE_ARC4RANDOM=OFF", "-DCMAKE_INSTALL_PREFIX="+filepath.Join(build, "prefix")).CombinedOutput()
	require.NoError(t, err, string(text))
	text, err = exec.Command("cmake", "--build", build, "--target", "aeron_shim").CombinedOutput()
	require.NoError(t, err, string(text))
	// Users' builds take our warnings for warnings: this is where they are errors.
	shims, err := filepath.Glob(filepath.Join("..", "..", "vendor-c", "shim", "*.c"))
	require.NoError(t, err)
	makefile, err := os.ReadFile(filepath.Join(build, "CMakeFiles/aeron_native.dir/build.make"))
	require.NoError(t, err)
	compiled := 0
	for _, shim := range shims {
		if object := "vendor-c/shim/" + filepath.Base(shim) + ".o"; strings.Contains(string(makefile), "aeron_native.dir/"+object+":") {
			text, err = exec.Command("cmake", "--build", build, "--target", object).CombinedOutput()
			require.NoError(t, err, string(text))
			compiled++
		}
	}
	require.Positive(t, compiled, "the makefile names its objects otherwise")
	flags, err := os.ReadFile(filepath.Join(build, "CMakeFiles/aeron_native.dir/flags.make"))
	require.NoError(t, err)
	require.Contains(t, string(flags), "-fsanitize=address")
	require.Contains(t, string(flags), "-DAERONGO_OWN_ARC4RANDOM")
	require.Contains(t, string(flags), "-DHAVE_ARC4RANDOM")
	require.NotContains(t, string(flags), "_GNU_SOURCE")
	require.NotContains(t, string(flags), "NDEBUG")
	// Upstream's file that asks for random numbers compiles so, and asks the shim.
	object := filepath.Join(build, "bitutil.o")
	text, err = exec.Command("gcc", "-std=c11", "-Werror", "-D_DEFAULT_SOURCE", "-DHAVE_ARC4RANDOM", "-DAERONGO_OWN_ARC4RANDOM",
		"-include", filepath.Join("..", "..", "vendor-c", "shim", "aerongo_redirect.h"), "-I"+filepath.Join(source, "aeron-client/src/main/c"),
		"-c", filepath.Join(source, "aeron-client/src/main/c/util/aeron_bitutil.c"), "-o", object).CombinedOutput()
	require.NoError(t, err, string(text))
	text, err = exec.Command("nm", "-u", object).Output()
	require.NoError(t, err)
	require.Contains(t, string(text), "U aerongo_arc4random\n")
	require.NotContains(t, string(text), "U arc4random\n")
	require.NotContains(t, string(text), "U exit\n", "the way out that ends the process")
}

func TestCMake_refusesAnotherVersionAndNoSource(t *testing.T) {
	tree := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(tree, "version.txt"), []byte("1.52.0\n"), 0o644))
	for dir, want := range map[string]string{tree: "1.52.0", t.TempDir(): "no version.txt"} {
		text, err := exec.Command("cmake", "-S", filepath.Join("..", ".."), "-B", t.TempDir(), "-DAERON_SOURCE_DIR="+dir).CombinedOutput()
		require.Error(t, err)
		require.Contains(t, strings.Join(strings.Fields(string(text)), " "), want)
	}
}

// A build by hand holds the tree against the pin as an installation does.
func TestCMake_refusesATreeThatIsNotThePinnedOne(t *testing.T) {
	source := sourceTree(t)
	tree := t.TempDir()
	for _, name := range []string{"aeron-client/src/main/c", "aeron-driver/src/main/c"} {
		require.NoError(t, os.CopyFS(filepath.Join(tree, name), os.DirFS(filepath.Join(source, name))))
	}
	for _, name := range []string{"version.txt", "LICENSE"} {
		text, err := os.ReadFile(filepath.Join(source, name))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(tree, name), text, 0o600))
	}
	configure := func(flags ...string) (string, error) {
		text, err := exec.Command("cmake", append([]string{"-S", filepath.Join("..", ".."), "-B", t.TempDir(), "-DAERON_SOURCE_DIR=" + tree}, flags...)...).CombinedOutput()
		return strings.Join(strings.Fields(string(text)), " "), err
	}
	file := filepath.Join(tree, "aeron-client/src/main/c/aeronc.h")
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	for _, test := range []struct {
		change func() error
		want   string
	}{
		{func() error { return os.WriteFile(file, append(text, '\n'), 0o600) }, "aeron-client/src/main/c/aeronc.h differs"},
		{func() error { return os.Remove(file) }, "aeron-client/src/main/c/aeronc.h is missing"},
		{func() error {
			return errors.Join(os.WriteFile(file, text, 0o600), os.WriteFile(filepath.Join(filepath.Dir(file), "util", "more.c"), nil, 0o600))
		}, "aeron-client/src/main/c/util/more.c does not belong there"},
	} {
		require.NoError(t, test.change())
		output, err := configure()
		require.Error(t, err)
		require.Contains(t, output, test.want)
		require.Contains(t, output, "-DAERON_ALLOW_MODIFIED_SOURCE=ON")
	}
	output, err := configure("-DAERON_ALLOW_MODIFIED_SOURCE=ON")
	require.NoError(t, err, output)
}

// sourceTree is the pinned tree, as cargo has it.
func sourceTree(t *testing.T) string {
	t.Helper()
	m, err := module(t.Context())
	require.NoError(t, err)
	recipe, err := nativelib.ReadRecipe(m)
	require.NoError(t, err)
	source, err := nativelib.FetchSource(t.Context(), recipe, t.TempDir(), true, func(line string) { t.Log(line) }, nil)
	require.NoError(t, err)
	return source.Tree
}
