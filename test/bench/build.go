package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// command is what runs a contestant on the driver in dir.
type command func(dir string) []string

// programs are what was built.
type programs struct {
	inC, ours, naive, aeronGo, embedded, paths string
	java                                       []string // with its arguments; nil without Java
}

func compile(b builder, p plan) (programs, error) {
	var built programs
	var err error
	if built.inC, err = b.c(); err != nil {
		return built, err
	}
	if err := b.goCommands("ours", "naive", "aerongo", "embedded", "paths"); err != nil {
		return built, err
	}
	built.ours, built.naive, built.aeronGo = b.path("ours"), b.path("naive"), b.path("aerongo")
	built.embedded, built.paths = b.path("embedded"), b.path("paths")
	if p.withoutJava {
		return built, nil
	}
	if built.java, err = b.java(); err != nil {
		return built, fmt.Errorf("%w; -java=false leaves Java out", err)
	}
	return built, nil
}

// contestants are the commands of all who speak package protocol.
func (p programs) contestants() map[string]command {
	commands := map[string]command{
		inC:     func(dir string) []string { return []string{p.inC, dir} },
		ours:    func(dir string) []string { return []string{p.ours, dir, "offer"} },
		wide:    func(dir string) []string { return []string{"env", "GOMAXPROCS=5", p.ours, dir, "offer"} },
		batched: func(dir string) []string { return []string{p.ours, dir, "batch"} },
		naive:   func(dir string) []string { return []string{p.naive, dir} },
		aeronGo: func(dir string) []string { return []string{p.aeronGo, dir} },
	}
	if p.java != nil {
		commands[java] = func(dir string) []string { return append(slices.Clip(p.java), dir) }
	}
	return commands
}

// builder compiles contestants into a directory, from the module's root.
type builder struct {
	ctx context.Context
	dir string
}

func (b builder) path(name string) string { return filepath.Join(b.dir, name) }

func output(ctx context.Context, argv ...string) (string, error) {
	command := exec.CommandContext(ctx, argv[0], argv[1:]...)
	command.Stderr = os.Stderr
	out, err := command.Output()
	if err != nil {
		return "", fmt.Errorf("%s: %w", argv[0], err)
	}
	return string(out), nil
}

// c builds C's side against the installed archive, as its flags say.
func (b builder) c() (string, error) {
	out, err := output(b.ctx, "go", "run", "./cmd/aeron-native", "env", "--json")
	if err != nil {
		return "", fmt.Errorf("asking for the native library, in the module's root: %w", err)
	}
	var env struct{ Prefix string }
	if err := json.Unmarshal([]byte(out), &env); err != nil {
		return "", err
	}
	sources, err := filepath.Glob("test/bench/c/*.c")
	if err != nil {
		return "", err
	}
	program := b.path("bench-c")
	argv := append([]string{"cc", "-O3", "-o", program}, sources...)
	argv = append(argv, "-I"+filepath.Join(env.Prefix, "include", "aeron"), "-L"+filepath.Join(env.Prefix, "lib"), "-laeron_native", "-lm", "-lpthread", "-ldl")
	if _, err := output(b.ctx, argv...); err != nil {
		return "", fmt.Errorf("compiling C's side: %w", err)
	}
	return program, nil
}

// java compiles Java's side against Aeron's release, and gives what runs it. The options are those of Aeron's own samples.
func (b builder) java() ([]string, error) {
	out, err := output(b.ctx, "scripts/java-jar")
	if err != nil {
		return nil, err
	}
	jar, classes := strings.TrimSpace(out), b.path("classes")
	sources, err := filepath.Glob("test/bench/java/*.java")
	if err != nil {
		return nil, err
	}
	if _, err := output(b.ctx, append([]string{"javac", "-d", classes, "-cp", jar}, sources...)...); err != nil {
		return nil, fmt.Errorf("compiling Java's side: %w", err)
	}
	return []string{
		"java", "--add-opens", "java.base/jdk.internal.misc=ALL-UNNAMED", "-XX:+UseParallelGC", "-Dagrona.disable.bounds.checks=true",
		"-cp", jar + string(filepath.ListSeparator) + classes, "Contestant",
	}, nil
}

// goCommands builds commands of the bench.
func (b builder) goCommands(names ...string) error {
	argv := []string{"go", "build", "-o", b.dir}
	for _, name := range names {
		argv = append(argv, "./test/bench/"+name)
	}
	_, err := output(b.ctx, argv...)
	return err
}
