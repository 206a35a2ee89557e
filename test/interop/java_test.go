//go:build interop

package interop

import (
	"fmt"
	"os/exec"
	"strings"
)

// addJava brings in Java's driver and its client, which live in one JVM.
func addJava(s *stage) error {
	var words strings.Builder
	find := exec.Command(root + "/scripts/java-jar")
	find.Stderr = &words
	jar, err := find.Output()
	if err != nil {
		return fmt.Errorf("the interop tests need Java: %w\n%s", err, words.String())
	}
	p, err := launch("java", "java", "--add-opens", "java.base/jdk.internal.misc=ALL-UNNAMED", "-Xmx768m", "-XX:+UseSerialGC",
		"-XX:TieredStopAtLevel=1", "-cp", strings.TrimSpace(string(jar)), "javapeer/Peer.java")
	if err != nil {
		return err
	}
	s.play("java", p)
	peerNames, driverNames = append(peerNames, "java"), append(driverNames, "java")
	_, err = p.start("driver", "driver", s.newDirectory("java"))()
	return err
}
