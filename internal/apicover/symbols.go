package main

import (
	"bytes"
	"debug/elf"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
)

// symbols are the names that the objects of an archive use and define.
type symbols struct{ used, defined map[string]bool }

// archiveSymbols reads an ar archive of ELF objects; members that are none, such as Go's own, are passed over. only, if not nil,
// chooses the members by the names that they define.
func archiveSymbols(path string, only func(defined map[string]bool) bool) (symbols, error) {
	all := symbols{map[string]bool{}, map[string]bool{}}
	data, err := os.ReadFile(path)
	if err != nil {
		return all, err
	}
	const magic, header = "!<arch>\n", 60
	if !bytes.HasPrefix(data, []byte(magic)) {
		return all, fmt.Errorf("%s is no archive", path)
	}
	for at := len(magic); at+header <= len(data); {
		size, err := strconv.Atoi(strings.TrimSpace(string(data[at+48 : at+58])))
		if err != nil || size < 0 || at+header+size > len(data) {
			return all, fmt.Errorf("%s: bad member at %d", path, at)
		}
		member := data[at+header : at+header+size]
		at += header + size + size%2
		if !bytes.HasPrefix(member, []byte(elf.ELFMAG)) {
			continue
		}
		object, err := elf.NewFile(bytes.NewReader(member))
		if err != nil {
			return all, fmt.Errorf("%s: %w", path, err)
		}
		table, err := object.Symbols()
		if err != nil {
			return all, fmt.Errorf("%s: %w", path, err)
		}
		used, defined := map[string]bool{}, map[string]bool{}
		for _, s := range table {
			if s.Section == elf.SHN_UNDEF {
				used[s.Name] = true
			} else if elf.ST_BIND(s.Info) != elf.STB_LOCAL {
				defined[s.Name] = true
			}
		}
		if only != nil && !only(defined) {
			continue
		}
		for name := range used {
			all.used[name] = true
		}
		for name := range defined {
			all.defined[name] = true
		}
	}
	return all, nil
}

// ours says of an object of the native library that it is this project's and not Aeron's.
func ours(defined map[string]bool) bool {
	for name := range defined {
		if strings.HasPrefix(name, "aerongo_") {
			return true
		}
	}
	return false
}

// compiled is the archive that go has compiled a package to.
func compiled(dir string) (string, error) {
	list := exec.Command("go", "list", "-export", "-f", "{{.Export}}", ".")
	list.Dir = dir
	list.Stderr = os.Stderr
	out, err := list.Output()
	return strings.TrimSpace(string(out)), err
}
