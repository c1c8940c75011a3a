// Checks an exported ledger with golang.org/x/mod's sumdb/note and sumdb/tlog, which we did not write.
//
//	check tiles DIR VKEY...      checkpoint and its signatures, tree, every entry, consistency with every smaller size
//	check notes FILE VKEY...     signatures of one note; prints who signed
//	check proofs FILE            inclusion and consistency proofs that our own code made (JSON on one line each)
//
// Prints one JSON object. Exits 1, with a sentence, if anything does not hold.
package main

import (
	"bufio"
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height = 8 // of a tile: 256 hashes

func fail(format string, args ...interface{}) {
	fmt.Fprintf(os.Stderr, format+"\n", args...)
	os.Exit(1)
}

func must(err error, what string) {
	if err != nil {
		fail("%s: %v", what, err)
	}
}

// cosigner verifies C2SP cosignature/v1 lines (signature type 4) as a note.Verifier.
type cosigner struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

func (c *cosigner) Name() string    { return c.name }
func (c *cosigner) KeyHash() uint32 { return c.hash }
func (c *cosigner) Verify(msg, sig []byte) bool {
	if len(sig) != 72 {
		return false
	}
	header := fmt.Sprintf("cosignature/v1\ntime %d\n", binary.BigEndian.Uint64(sig[:8]))
	return ed25519.Verify(c.key, append([]byte(header), msg...), sig[8:])
}

// verifier reads a vkey of type 1 with the library, of type 4 as a cosigner.
func verifier(vkey string) note.Verifier {
	parts := strings.SplitN(vkey, "+", 3)
	if len(parts) != 3 {
		fail("not a vkey: %s", vkey)
	}
	data, err := base64.StdEncoding.DecodeString(parts[2])
	must(err, "vkey")
	if data[0] == 1 {
		v, err := note.NewVerifier(vkey)
		must(err, "vkey")
		return v
	}
	if data[0] != 4 || len(data) != 33 {
		fail("vkey of type %d", data[0])
	}
	sum := sha256.Sum256(append([]byte(parts[0]+"\n"), data...))
	hash := binary.BigEndian.Uint32(sum[:4])
	if parts[1] != fmt.Sprintf("%08x", hash) {
		fail("key hash of %s", vkey)
	}
	return &cosigner{parts[0], hash, ed25519.PublicKey(data[1:])}
}

func open(path string, vkeys []string) *note.Note {
	data, err := os.ReadFile(path)
	must(err, "note")
	var known []note.Verifier
	for _, vkey := range vkeys {
		known = append(known, verifier(vkey))
	}
	opened, err := note.Open(data, note.VerifierList(known...))
	must(err, "note")
	return opened
}

func checkpoint(text string) (string, tlog.Tree) {
	lines := strings.Split(text, "\n")
	if len(lines) != 4 || lines[3] != "" {
		fail("checkpoint of %d lines", len(lines))
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	must(err, "size")
	root, err := tlog.ParseHash(lines[2])
	must(err, "root")
	return lines[0], tlog.Tree{N: size, Hash: root}
}

// folder serves tlog-tiles paths to the library, whose own paths have the height in them.
type folder struct{ dir string }

func (f folder) Height() int                     { return height }
func (f folder) SaveTiles([]tlog.Tile, [][]byte) {}
func (f folder) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var out [][]byte
	for _, tile := range tiles {
		path := strings.Replace(tile.Path(), fmt.Sprintf("tile/%d/", height), "tile/", 1)
		data, err := os.ReadFile(filepath.Join(f.dir, path))
		if err != nil {
			return nil, err
		}
		out = append(out, data)
	}
	return out, nil
}

func entries(dir string, size int64) [][]byte {
	var out [][]byte
	for n := int64(0); n*256 < size; n++ {
		tile := tlog.Tile{H: height, L: 0, N: n, W: 256}
		if size-n*256 < 256 {
			tile.W = int(size - n*256)
		}
		path := strings.Replace(tile.Path(), fmt.Sprintf("tile/%d/0/", height), "tile/entries/", 1)
		data, err := os.ReadFile(filepath.Join(dir, path))
		must(err, "entry bundle")
		for i := 0; i < tile.W; i++ {
			length := int(binary.BigEndian.Uint16(data))
			out = append(out, data[2:2+length])
			data = data[2+length:]
		}
		if len(data) != 0 {
			fail("%s goes on after its last entry", path)
		}
	}
	return out
}

func names(n *note.Note) []string {
	var out []string
	for _, sig := range n.Sigs {
		out = append(out, sig.Name)
	}
	return out
}

func tiles(dir string, vkeys []string) map[string]interface{} {
	opened := open(filepath.Join(dir, "checkpoint"), vkeys)
	origin, tree := checkpoint(opened.Text)
	reader := tlog.TileHashReader(tree, folder{dir})
	root, err := tlog.TreeHash(tree.N, reader)
	must(err, "tree")
	if root != tree.Hash {
		fail("the tiles have another root")
	}
	records := entries(dir, tree.N)
	for i, record := range records {
		proof, err := tlog.ProveRecord(tree.N, int64(i), reader)
		must(err, "inclusion")
		must(tlog.CheckRecord(proof, tree.N, tree.Hash, int64(i), tlog.RecordHash(record)), "inclusion")
	}
	var consistent int
	for n := int64(1); n < tree.N; n++ {
		old, err := tlog.TreeHash(n, reader)
		must(err, "older tree")
		proof, err := tlog.ProveTree(tree.N, n, reader)
		must(err, "consistency")
		must(tlog.CheckTree(proof, tree.N, tree.Hash, n, old), "consistency")
		consistent++
	}
	// Tiles that the library would write itself are what is there, byte for byte.
	// (It lists every width a partial tile ever had; the last is the present one.)
	var compared int
	all := tlog.NewTiles(height, 0, tree.N)
	for i, tile := range all {
		if i+1 < len(all) && all[i+1].L == tile.L && all[i+1].N == tile.N {
			continue
		}
		want, err := tlog.ReadTileData(tile, reader)
		must(err, "tile data")
		got, err := folder{dir}.ReadTiles([]tlog.Tile{tile})
		must(err, "tile file")
		if !bytes.Equal(want, got[0]) {
			fail("%s differs", tile.Path())
		}
		compared++
	}
	return map[string]interface{}{"origin": origin, "size": tree.N, "entries": len(records), "consistent": consistent,
		"tiles": compared, "signers": names(opened), "unknown": len(opened.UnverifiedSigs)}
}

func hash(text string) (out tlog.Hash) {
	data, err := hex.DecodeString(text)
	must(err, "hash")
	if len(data) != len(out) {
		fail("hash of %d bytes", len(data))
	}
	copy(out[:], data)
	return out
}

// A proof of ours, to be accepted or refused.
type proof struct {
	Kind        string // inclusion, consistency
	Index, Size int64  // inclusion: leaf and tree; consistency: old and new size
	Leaf, Root  string // consistency: old root and new root
	Hashes      []string
}

func proofs(path string) map[string]interface{} {
	file, err := os.Open(path)
	must(err, "proofs")
	verdicts := []bool{}
	scanner := bufio.NewScanner(file)
	scanner.Buffer(nil, 1<<20)
	for scanner.Scan() {
		var p proof
		must(json.Unmarshal(scanner.Bytes(), &p), "proof")
		var hashes []tlog.Hash
		for _, item := range p.Hashes {
			hashes = append(hashes, hash(item))
		}
		if p.Kind == "inclusion" {
			err = tlog.CheckRecord(hashes, p.Size, hash(p.Root), p.Index, hash(p.Leaf))
		} else {
			err = tlog.CheckTree(hashes, p.Size, hash(p.Root), p.Index, hash(p.Leaf))
		}
		verdicts = append(verdicts, err == nil)
	}
	must(scanner.Err(), "proofs")
	return map[string]interface{}{"verdicts": verdicts}
}

func main() {
	if len(os.Args) < 3 {
		fail("usage: check tiles|notes|proofs PATH [VKEY...]")
	}
	var out map[string]interface{}
	switch os.Args[1] {
	case "tiles":
		out = tiles(os.Args[2], os.Args[3:])
	case "notes":
		opened := open(os.Args[2], os.Args[3:])
		out = map[string]interface{}{"signers": names(opened), "unknown": len(opened.UnverifiedSigs)}
	case "proofs":
		out = proofs(os.Args[2])
	default:
		fail("usage: check tiles|notes|proofs PATH [VKEY...]")
	}
	must(json.NewEncoder(os.Stdout).Encode(out), "output")
}
