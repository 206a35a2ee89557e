package archtest

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
)

// A program or an object that a build has left where somebody then commits it is told by how it begins: its name may be anything.
var artefacts = []struct{ begins, what string }{
	{"\x7fELF", "ELF"},
	{"\xfe\xed\xfa\xce", "Mach-O"},
	{"\xfe\xed\xfa\xcf", "Mach-O"},
	{"\xce\xfa\xed\xfe", "Mach-O"},
	{"\xcf\xfa\xed\xfe", "Mach-O"},
	{"\xca\xfe\xba\xbe", "Mach-O for several machines, or a Java class"},
	{"\xca\xfe\xba\xbf", "Mach-O for several machines"},
	{"!<arch>\n", "an archive of objects"},
	{"!<thin>\n", "an archive of objects"},
}

// artefactLook is how much of a file is looked at: of what Windows runs, the header that tells lies behind a program for DOS.
const artefactLook = 4096

// artefact says what a build has made the file with this beginning, or "".
func artefact(begin []byte) string {
	for _, a := range artefacts {
		if bytes.HasPrefix(begin, []byte(a.begins)) {
			return a.what
		}
	}
	const headerAt = 0x3c
	if bytes.HasPrefix(begin, []byte("MZ")) && len(begin) >= headerAt+4 {
		if at := binary.LittleEndian.Uint32(begin[headerAt:]); at < artefactLook && bytes.HasPrefix(begin[min(int(at), len(begin)):], []byte("PE\x00\x00")) {
			return "PE"
		}
	}
	return ""
}

// checkArtefacts finds files that a build has made. Those that are not there, such as a tracked one that was deleted, are none.
func checkArtefacts(fsys fs.FS, names []string) (findings []string, looked int, err error) {
	for _, name := range names {
		begin, err := beginning(fsys, name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, 0, err
		}
		looked++
		if what := artefact(begin); what != "" {
			findings = append(findings, fmt.Sprintf("%s is a build product (%s): git rm --cached it, and have the build write below bin/", name, what))
		}
	}
	return findings, looked, nil
}

// beginning is the first of a file, or nothing of what is no file.
func beginning(fsys fs.FS, name string) (begin []byte, err error) {
	file, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	info, err := file.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(file, artefactLook))
}

func needGit(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skipf("what is tracked is asked of git: %v", err)
	}
}

// git runs git on a checkout, whoever it belongs to. In a hook the environment says which checkout, and that may be another one.
func git(t *testing.T, dir string, arguments ...string) string {
	t.Helper()
	cmd := exec.Command("git", append([]string{"-c", "safe.directory=*", "-C", dir}, arguments...)...)
	cmd.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "GIT_") })
	out, err := cmd.Output()
	require.NoError(t, err, "git %v", arguments)
	return string(out)
}

// tracked are the files of a checkout that git knows.
func tracked(t *testing.T, dir string) []string {
	t.Helper()
	return strings.Split(strings.Trim(git(t, dir, "ls-files", "-z"), "\x00"), "\x00")
}

func TestArtefacts_areNotTracked(t *testing.T) {
	const root = "../.."
	if _, err := os.Stat(filepath.Join(root, ".git")); errors.Is(err, fs.ErrNotExist) {
		t.Skip("no checkout, such as the module cache or an archive: nothing is tracked here")
	}
	needGit(t)
	names := tracked(t, root)
	require.Contains(t, names, "internal/archtest/doc.go")
	findings, looked, err := checkArtefacts(os.DirFS(root), names)
	require.NoError(t, err)
	require.Empty(t, findings)
	require.Positive(t, looked)
}

func TestCheckArtefacts(t *testing.T) {
	windows := make([]byte, 0x84)
	copy(windows, "MZ")
	windows[0x3c] = 0x80
	copy(windows[0x80:], "PE\x00\x00")
	files := map[string]struct{ text, what string }{
		"a.go":        {"package a\n", ""},
		"empty":       {"", ""},
		"page.png":    {"\x89PNG\r\n\x1a\n", ""},
		"mz.txt":      {"MZ is how it begins", ""},
		"mz-long.txt": {"MZ" + strings.Repeat("\xff", artefactLook), ""},
		"mz-cut.exe":  {string(windows[:0x80]), ""},
		"late.txt":    {"x\x7fELF", ""},
		"program":     {"\x7fELF\x02\x01\x01", "(ELF)"},
		"x/a.o":       {"\xcf\xfa\xed\xfe\x07", "(Mach-O)"},
		"old.o":       {"\xfe\xed\xfa\xce", "(Mach-O)"},
		"fat":         {"\xca\xfe\xba\xbe\x00\x00\x00\x02", "(Mach-O for several"},
		"program.exe": {string(windows), "(PE)"},
		"liba.a":      {"!<arch>\n/ 0", "(an archive"},
		"thin.a":      {"!<thin>\n", "(an archive"},
	}
	for name, file := range files {
		findings, looked, err := checkArtefacts(fstest.MapFS{name: {Data: []byte(file.text)}}, []string{name, "deleted"})
		require.NoError(t, err)
		require.Equal(t, 1, looked)
		if file.what == "" {
			require.Empty(t, findings, name)
			continue
		}
		require.Len(t, findings, 1, name)
		require.Contains(t, findings[0], name+" is a build product "+file.what)
	}
}

// A program as the go command builds it, such as this one, is found in a checkout once it is tracked.
func TestTracked_withAProgramThatGoHasBuilt(t *testing.T) {
	needGit(t)
	program, err := os.Executable()
	require.NoError(t, err)
	text, err := os.ReadFile(program)
	require.NoError(t, err)
	dir := t.TempDir()
	git(t, dir, "init", "--quiet")
	for name, content := range map[string][]byte{"doc.go": []byte("package a\n"), "prog ram": text[:artefactLook]} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), content, 0o600))
	}
	git(t, dir, "add", "doc.go")
	findings, looked, err := checkArtefacts(os.DirFS(dir), tracked(t, dir))
	require.NoError(t, err)
	require.Empty(t, findings, "it lies there, and is not tracked")
	require.Equal(t, 1, looked)
	git(t, dir, "add", "--all")
	findings, looked, err = checkArtefacts(os.DirFS(dir), tracked(t, dir))
	require.NoError(t, err)
	require.Equal(t, 2, looked)
	require.Len(t, findings, 1)
	require.Contains(t, findings[0], "prog ram is a build product")
}
