package stats

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// lookAtProcesses finds the processes that have some of a directory's files mapped from their begin,
// cnc.dat for writing, among those that this process may look at.
func lookAtProcesses(dir string, files []string) []sighting {
	names := map[string]string{} // by device and inode, as /proc writes them
	for _, name := range files {
		var st unix.Stat_t
		if unix.Stat(filepath.Join(dir, name), &st) == nil {
			names[fmt.Sprintf("%02x:%02x %d", unix.Major(st.Dev), unix.Minor(st.Dev), st.Ino)] = name
		}
	}
	entries, err := os.ReadDir("/proc")
	if err != nil || len(names) == 0 {
		return nil
	}
	var seen []sighting
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		maps, err := os.ReadFile("/proc/" + entry.Name() + "/maps")
		if err != nil || len(maps) == 0 { // gone, another user's, or a thread of the kernel
			continue
		}
		if p := (sighting{pid, mapped(maps, names)}); p.maps[cncName] > 0 {
			seen = append(seen, p)
		}
	}
	return seen
}

// mapped counts the mappings of files: "7f…-7f… rw-s 00000000 00:17 1234   /dev/shm/…".
func mapped(maps []byte, names map[string]string) map[string]int {
	counts := map[string]int{}
	for line := range bytes.Lines(maps) {
		_, rest, _ := bytes.Cut(line, []byte(" "))
		const perms, offset = 4, len(" 00000000 ")
		if len(rest) < perms+offset || rest[3] != 's' { // those of files of a driver are shared
			continue
		}
		where, file, _ := bytes.Cut(rest[perms+1:], []byte(" "))
		if len(bytes.Trim(where, "0")) > 0 {
			continue
		}
		device, file, _ := bytes.Cut(file, []byte(" "))
		inode, _, _ := bytes.Cut(file, []byte(" "))
		name, ok := names[string(device)+" "+string(inode)]
		if ok && (name != cncName || rest[1] == 'w') {
			counts[name]++
		}
	}
	return counts
}

// processNames are what a process was started with, as far as one may know.
func processNames(pid int) (arguments, environment []string) {
	read := func(name string) []string {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", pid, name))
		if err != nil {
			return nil
		}
		return strings.Split(strings.TrimRight(string(b), "\x00"), "\x00")
	}
	return read("cmdline"), read("environ")
}
