// Package tap reads what aerongo tap writes with Wireshark's tshark. `make tap` runs it.
package tap
