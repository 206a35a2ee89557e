//go:build official

package official

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"text/template"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron"
)

const (
	suiteVersion = "1.52.1"
	crateName    = "libaeron_driver-sys"
	root         = "../.."
	dependency   = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1"
	// What C says it was built from. A driver's counters carry it, and a test of the suite compares.
	gitSHA = "+guilty"
)

// output runs a command and gives what it printed on standard output.
func output(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	require.NoError(t, err, "%s %s:\n%s%s", name, strings.Join(args, " "), &errs, &out)
	return strings.TrimSpace(out.String())
}

// suite is the compiled suite.
type suite struct {
	console   string // the jar that runs JUnit
	classPath string
}

// cache is where what is fetched and compiled lies between runs.
func cache(t *testing.T) string {
	t.Helper()
	base, err := os.UserCacheDir()
	require.NoError(t, err)
	dir := filepath.Join(base, "aeroncgo", "official-"+suiteVersion)
	require.NoError(t, os.MkdirAll(dir, 0o755))
	return dir
}

// source is the upstream tree of the pinned crate, which cargo checks against its sum.
func source(t *testing.T) string {
	t.Helper()
	pin := t.TempDir() // a copy: cargo looks for a workspace in the directories above
	require.NoError(t, os.CopyFS(pin, os.DirFS("pin")))
	output(t, pin, "cargo", "fetch", "--locked")
	var answer struct {
		Packages []struct {
			Name         string
			ManifestPath string `json:"manifest_path"`
		}
	}
	require.NoError(t, json.Unmarshal([]byte(output(t, pin, "cargo", "metadata", "--locked", "--offline", "--format-version", "1")), &answer))
	for _, p := range answer.Packages {
		if p.Name == crateName {
			return filepath.Join(filepath.Dir(p.ManifestPath), "aeron")
		}
	}
	require.FailNow(t, "cargo's answer lacks the crate "+crateName)
	return ""
}

// compile fetches what the suite needs and compiles it; what an earlier run made from the same pin is used again.
func compile(t *testing.T) suite {
	t.Helper()
	allJar := output(t, root, "scripts/java-jar") // says what is missing without a JDK or Maven
	dir, tree := cache(t), source(t)
	jars, classes, codecs := filepath.Join(dir, "jars"), filepath.Join(dir, "classes"), filepath.Join(dir, "codecs")
	pom, err := os.ReadFile("pin/pom.xml")
	require.NoError(t, err)
	stamp := fmt.Sprintf("%s\n%s\n%s\n%s\n%s", suiteVersion, aeron.Version(), gitSHA, allJar, pom)
	if made, err := os.ReadFile(filepath.Join(dir, "stamp")); err != nil || string(made) != stamp {
		for _, d := range []string{jars, classes, codecs} {
			require.NoError(t, os.RemoveAll(d))
			require.NoError(t, os.MkdirAll(d, 0o755))
		}
		project := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(project, "pom.xml"), pom, 0o600))
		output(t, project, "mvn", "-q", "-B", dependency+":copy-dependencies", "-DoutputDirectory="+jars)
		// Generated classes that the tree does not hold and the suite's own sources need; only these, since the rest is another version.
		output(t, codecs, "jar", "xf", allJar, "io/aeron/archive/codecs", "io/aeron/cluster/codecs", "io/aeron/version")
		javac(t, tree, jars, codecs, classes)
		require.NoError(t, os.WriteFile(filepath.Join(dir, "stamp"), []byte(stamp), 0o600))
	}
	s := suite{classPath: classes + ":" + codecs}
	entries, err := filepath.Glob(filepath.Join(jars, "*.jar"))
	require.NoError(t, err)
	bundled := regexp.MustCompile(`^(junit-|opentest4j|apiguardian|jspecify)`) // these are in the console's jar
	for _, jar := range entries {
		switch name := filepath.Base(jar); {
		case strings.HasPrefix(name, "junit-platform-console-standalone"):
			s.console = jar
		case !bundled.MatchString(name):
			s.classPath += ":" + jar
		}
	}
	require.NotEmpty(t, s.console)
	return s
}

// javac compiles the tests, and of the tree whatever they use.
func javac(t *testing.T, tree, jars, codecs, classes string) {
	t.Helper()
	generated := t.TempDir()
	versions(t, generated)
	path := []string{generated}
	for _, module := range []string{"annotations", "client", "driver", "archive", "cluster", "samples", "test-support"} {
		path = append(path, filepath.Join(tree, "aeron-"+module, "src/main/java"))
	}
	tests := filepath.Join(tree, "aeron-system-tests/src/test/java")
	path = append(path, filepath.Join(tree, "aeron-client/src/test/java"), tests)
	args := []string{
		"-nowarn", "-proc:none", "-d", classes, "-cp", jars + "/*:" + codecs,
		"--add-exports", "java.base/jdk.internal.misc=ALL-UNNAMED", "-sourcepath", strings.Join(path, ":"),
	}
	for _, pattern := range []string{
		tests + "/io/aeron/*.java", tests + "/io/aeron/driver/*.java", tree + "/aeron-samples/src/main/java/io/aeron/samples/*.java",
	} {
		files, err := filepath.Glob(pattern)
		require.NoError(t, err)
		require.NotEmpty(t, files, pattern)
		args = append(args, files...)
	}
	output(t, ".", "javac", args...)
}

// versionClass is what upstream's build generates for each of its parts. The suite compares it with the version that the driver under
// test writes into its counters, so it is the driver's and not the suite's.
var versionClass = template.Must(template.New("").Parse(`package {{.Package}};
public class {{.Class}} implements io.aeron.version.Version {
    public static final String VERSION = "{{.Version}}";
    public static final int MAJOR_VERSION = {{.Major}}, MINOR_VERSION = {{.Minor}}, PATCH_VERSION = {{.Patch}};
    public static final String SUFFIX = "", GIT_SHA = "{{.SHA}}";
    public String toString() { return VERSION; }
    public int majorVersion() { return MAJOR_VERSION; }
    public int minorVersion() { return MINOR_VERSION; }
    public int patchVersion() { return PATCH_VERSION; }
    public String gitSha() { return GIT_SHA; }
}
`))

// driverVersion is the number of the Aeron that the driver is built from.
func driverVersion(t *testing.T) string {
	t.Helper()
	number := regexp.MustCompile(`\d+\.\d+\.\d+`).FindString(aeron.Version())
	require.NotEmpty(t, number, aeron.Version())
	return number
}

func versions(t *testing.T, dir string) {
	t.Helper()
	number := driverVersion(t)
	part := strings.Split(number, ".")
	for _, name := range []string{
		"io.aeron.AeronVersion", "io.aeron.driver.MediaDriverVersion", "io.aeron.archive.ArchiveVersion",
		"io.aeron.archive.client.AeronArchiveVersion", "io.aeron.cluster.ConsensusModuleVersion", "io.aeron.cluster.ClusterBackupVersion",
		"io.aeron.cluster.client.AeronClusterVersion", "io.aeron.cluster.service.ClusteredServiceContainerVersion",
	} {
		at := strings.LastIndex(name, ".")
		path := filepath.Join(dir, strings.ReplaceAll(name, ".", "/")+".java")
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o600)
		require.NoError(t, err)
		require.NoError(t, versionClass.Execute(file, map[string]string{
			"Package": name[:at], "Class": name[at+1:], "Version": number, "Major": part[0], "Minor": part[1], "Patch": part[2], "SHA": gitSHA,
		}))
		require.NoError(t, file.Close())
	}
}

// aeronmd builds aerongo and gives the path of a program without arguments that is a drop-in for aeronmd.
func aeronmd(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	output(t, root, "go", "build", "-o", filepath.Join(dir, "aerongo"), "./cmd/aerongo")
	// The suite turns on upstream's logging agent, which aerongo ignores with a warning; the suite holds that there is none.
	script := "#!/bin/sh\nunset AERON_EVENT_LOG AERON_EVENT_LOG_DISABLE AERON_EVENT_LOG_FILENAME\nexec " + filepath.Join(dir, "aerongo") + " driver --from-env\n"
	path := filepath.Join(dir, "aeronmd")
	require.NoError(t, os.WriteFile(path, []byte(script), fs.FileMode(0o755)))
	return path
}
