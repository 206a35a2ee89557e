package main

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// object is an ELF file with nothing in it but these symbols. A name that begins with "?" is used, with "-" local, and else defined.
func object(t *testing.T, names ...string) []byte {
	t.Helper()
	const headerSize, sectionSize, symbolSize = 64, 64, 24
	text := []byte{0}
	table := make([]byte, symbolSize) // the first is none
	for _, name := range names {
		s := elf.Sym64{Name: uint32(len(text)), Info: elf.ST_INFO(elf.STB_GLOBAL, elf.STT_FUNC), Shndx: 1}
		switch name[0] {
		case '?':
			s.Shndx = uint16(elf.SHN_UNDEF)
		case '-':
			s.Info = elf.ST_INFO(elf.STB_LOCAL, elf.STT_FUNC)
		}
		text = append(append(text, strings.TrimLeft(name, "?-")...), 0)
		var b bytes.Buffer
		require.NoError(t, binary.Write(&b, binary.LittleEndian, s))
		table = append(table, b.Bytes()...)
	}
	names0 := []byte("\x00.symtab\x00.strtab\x00.shstrtab\x00")
	var b bytes.Buffer
	sections := uint64(headerSize + len(table) + len(text) + len(names0))
	header := elf.Header64{
		Ident: [16]byte{0x7f, 'E', 'L', 'F', byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), byte(elf.EV_CURRENT)},
		Type:  uint16(elf.ET_REL), Machine: uint16(elf.EM_X86_64), Version: uint32(elf.EV_CURRENT),
		Shoff: sections, Ehsize: headerSize, Shentsize: sectionSize, Shnum: 4, Shstrndx: 3,
	}
	at := uint64(headerSize)
	parts := []any{header, table, text, names0, elf.Section64{}}
	for i, part := range [][]byte{table, text, names0} {
		s := elf.Section64{Name: []uint32{1, 9, 17}[i], Type: uint32(elf.SHT_STRTAB), Off: at, Size: uint64(len(part)), Addralign: 1}
		if i == 0 {
			s.Type, s.Link, s.Info, s.Entsize = uint32(elf.SHT_SYMTAB), 2, 1, symbolSize
		}
		at += uint64(len(part))
		parts = append(parts, s)
	}
	for _, part := range parts {
		require.NoError(t, binary.Write(&b, binary.LittleEndian, part))
	}
	return b.Bytes()
}

// archive writes an ar archive.
func archive(t *testing.T, members ...[]byte) string {
	t.Helper()
	b := []byte("!<arch>\n")
	for i, m := range members {
		b = fmt.Appendf(b, "%-16s%-12d%-6d%-6d%-8o%-10d`\n", fmt.Sprintf("m%d.o/", i), 0, 0, 0, 0o644, len(m))
		if b = append(b, m...); len(m)%2 == 1 {
			b = append(b, '\n')
		}
	}
	path := filepath.Join(t.TempDir(), "lib.a")
	require.NoError(t, os.WriteFile(path, b, 0o600))
	return path
}

func TestArchiveSymbols(t *testing.T) {
	path := archive(t,
		object(t, "aeron_one", "?aeron_two", "-aeron_hidden"),
		[]byte("go object: odd length"), // what comes behind begins at an even place
		object(t, "aerongo_shim", "?aeron_one", "?aeron_three"),
		object(t),
	)
	all, err := archiveSymbols(path, nil)
	require.NoError(t, err)
	require.Equal(t, []string{"aeron_one", "aeron_three", "aeron_two"}, slices.Sorted(maps.Keys(all.used)))
	require.Equal(t, []string{"aeron_one", "aerongo_shim"}, slices.Sorted(maps.Keys(all.defined)), "nobody can call a local one")

	own, err := archiveSymbols(path, ours)
	require.NoError(t, err)
	require.Equal(t, []string{"aeron_one", "aeron_three"}, slices.Sorted(maps.Keys(own.used)), "what Aeron itself uses does not count")

	empty, err := archiveSymbols(archive(t), nil)
	require.NoError(t, err)
	require.Empty(t, empty.used)
}

func TestArchiveSymbols_ofBrokenMembers(t *testing.T) {
	whole := object(t, "aeron_one")
	for name, member := range map[string][]byte{
		"a magic number alone": whole[:4],
		"a header alone":       whole[:64],
		"cut off":              whole[:len(whole)-1],
	} {
		path := archive(t, member)
		_, err := archiveSymbols(path, nil)
		require.ErrorContains(t, err, path, name)
	}
	path := archive(t, whole)
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	for name, size := range map[string]string{"too long": "9999999999", "below zero": "-1        ", "no number": "many      ", "none": "          "} {
		damaged := slices.Clone(b)
		copy(damaged[8+48:], size)
		require.NoError(t, os.WriteFile(path, damaged, 0o600))
		_, err := archiveSymbols(path, nil)
		require.ErrorContains(t, err, "bad member at 8", name)
	}
}

func TestFunctions_edges(t *testing.T) {
	for _, test := range []struct {
		name, header string
		want         []function
	}{
		{"nothing", "", nil},
		{"no name of Aeron's", "int other(void);", nil},
		{"a type of a function", "typedef int (*aeron_f_t)(void *clientd);", nil},
		{"a typedef of a function", "typedef int aeron_f(void);", nil},
		{"a variable", "extern int aeron_count;", nil},
		{"a constant", "#define AERON_X (1)\nenum aeron_e { A = 1, B };", nil},
		{"behind a nested struct", "struct a { struct { int x; } y; union { int z; } w; };\nint aeron_f(int a);", []function{{"aeron_f", "int a"}}},
		{"a directive over several lines", "#define AERON_M(x) \\\n    int aeron_m(x); \\\n    int aeron_n(x);\nint aeron_f(void);", []function{{"aeron_f", "void"}}},
		{"directly behind a directive", "#ifdef A\nint aeron_f(void);\n#else\nint aeron_g(void);\n#endif", []function{{"aeron_f", "void"}, {"aeron_g", "void"}}},
		{"a comment between name and parameters", "int aeron_f /* C */ (int a, // why\n int b);", []function{{"aeron_f", "int a, int b"}}},
		{"a star at the name", "struct aeron_s *aeron_f(void);", []function{{"aeron_f", "void"}}},
		{"parameters that are functions", "int aeron_f(int (*a)(int), void (*b)(void));", []function{{"aeron_f", "int (*a)(int), void (*b)(void)"}}},
		{"no end", "int aeron_f(int a", nil},
		{"line ends of another system", "int aeron_f(\r\n    int a);\r\n", []function{{"aeron_f", "int a"}}},
	} {
		require.Equal(t, test.want, functions(test.header), test.name)
	}
}

func TestWrappers_edges(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte("package cgo\n\n"+text), 0o600))
	}
	write("a.go", "// C: aeron_of_a_type\ntype T int\n\n// C: aeron_of_a_variable\nvar V int\n\nfunc Undocumented() {}\n\n// A mentions C: aeron_in_a_sentence.\n//\n//   C: aeron_indented\nfunc A() {}\n")
	write("b.go", "// B is another way.\n//\n// C: aeron_indented\nfunc B() {}\n")
	found, err := wrappers(dir)
	require.NoError(t, err)
	require.Equal(t, []string{"aeron_indented"}, slices.Sorted(maps.Keys(found)))
	require.Len(t, found["aeron_indented"], 2)
	require.Equal(t, "a.go", found["aeron_indented"][0].file)
	require.NoError(t, markExecuted(found, strings.NewReader(cgoPackage+"/b.go:6.10,6.12 1 3\n")))
	require.Empty(t, (&api{wrapped: found}).unexecuted(), "one of several is enough")

	write("c.go", "func {")
	_, err = wrappers(dir)
	require.ErrorContains(t, err, "c.go")
	none, err := wrappers(t.TempDir())
	require.NoError(t, err)
	require.Empty(t, none)
}

// The error must say which line, not panic, whatever the profile holds.
func TestMarkExecuted_ofDamagedProfiles(t *testing.T) {
	for name, rest := range map[string]string{
		"no point":       "6,8 1 1",
		"too few fields": "6.1,8.2 1",
		"too many":       "6.1,8.2 1 1 1",
		"nothing":        "",
		"point first":    ".1,8.2 1 1",
	} {
		line := cgoPackage + "/a.go:" + rest
		err := markExecuted(samples(t), strings.NewReader(line))
		require.ErrorContains(t, err, "coverage profile", name)
		require.ErrorContains(t, err, fmt.Sprintf("%q", line), name)
	}
	long := cgoPackage + "/a.go:" + strings.Repeat("x", 1<<17)
	require.Error(t, markExecuted(samples(t), strings.NewReader(long)))
	require.ErrorContains(t, markExecuted(nil, strings.NewReader("")), "-coverpkg="+cgoPackage)
	other := "mode: set\n" + cgoPackage + "/sub/a.go:6.1,8.2 1 1\n" + cgoPackage + "x/a.go:6.1,8.2 1 1\n"
	found := samples(t)
	_ = markExecuted(found, strings.NewReader(other))
	require.False(t, found["aeron_one"][0].executed, "a file of the same name in another package")
}

func TestReadExemptions_edges(t *testing.T) {
	path := filepath.Join(t.TempDir(), "unwrapped.txt")
	require.NoError(t, os.WriteFile(path, []byte("\n  # indented\n  aeron_a: stack: a reason: with a colon  \r\naeron_b: struct: last line"), 0o600))
	got, err := readExemptions(path)
	require.NoError(t, err)
	require.Equal(t, map[string]exemption{"aeron_a": {"stack", "a reason: with a colon"}, "aeron_b": {"struct", "last line"}}, got)
	_, err = readExemptions(path + ".not")
	require.ErrorIs(t, err, os.ErrNotExist)
	require.NoError(t, os.WriteFile(path, []byte("aeron_a: stack"), 0o600))
	_, err = readExemptions(path)
	require.ErrorContains(t, err, `"aeron_a: stack" is not "name: kind: reason"`)
}

func TestFigure(t *testing.T) {
	require.Contains(t, (&api{}).figure(), "0 public functions: 0 wrapped, 0 executed by tests, 0 not wrapped for a reason: 0.0 %")
	w := &wrapper{executed: true}
	a := &api{
		declared: map[string]function{"aeron_a": {}, "aeron_b": {}, "aeron_c": {}, "aeron_d": {}, "aeron_e": {}},
		wrapped:  map[string][]*wrapper{"aeron_a": {w}, "aeron_b": {{}, w}, "aeron_c": {{}}, "aeron_gone": {w}},
		exempt:   map[string]exemption{"aeron_e": {}},
	}
	require.Equal(t, "5 public functions: 3 wrapped, 2 executed by tests, 1 not wrapped for a reason: 50.0 % of what can be wrapped", a.figure())
}

func TestRun_withoutWhatItReads(t *testing.T) {
	_, err := run(t.TempDir(), "none")
	require.ErrorIs(t, err, os.ErrNotExist)
	require.ErrorContains(t, err, "aeronc.h", "the first that is missing")
}
