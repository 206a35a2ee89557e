// Package archtest holds the module to the rules of its architecture that no compiler and no linter checks: which package may touch C,
// who may import whom, where a process may end, what a C shim begins with, and that nothing which a build has made is committed. It reads
// files only, so it needs no native library.
//
// Everything lies in its tests. Each rule is a function of a source tree, and is tried on a small tree that breaks it, too.
package archtest
