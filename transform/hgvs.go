package transform

import (
	"regexp"
	"strconv"
)

// genomic is an HGVS text that places something on a chromosome: NC_000007.14:g.140753336A>T.
var genomic = regexp.MustCompile(`^NC_0000(\d\d)\.(\d+):g\.(\d+)(?:_(\d+))?(?:([ACGTN]+)>([ACGTN]+)|[a-z=].*)$`)

// hgvs is any HGVS text with an accession: NM_004333.4:c.1799T>A.
var hgvs = regexp.MustCompile(`^([A-Z][A-Za-z0-9_]*(?:\.\d+)?)(?:\([^()]*\))?:([cgmnopr])\.`)

// versionsOfGRCh37 are those of the accessions NC_000001 to NC_000024 that make up GRCh37. In the build
// before each is one less, in GRCh38 one more.
var versionsOfGRCh37 = [24]int{10, 11, 11, 11, 9, 11, 13, 10, 11, 10, 9, 11, 10, 8, 9, 9, 10, 9, 9, 10, 8, 10, 10, 9}

var buildNames = map[int]string{-1: "NCBI36", 0: "GRCh37", 1: "GRCh38"}

// place is what a genomic HGVS text says. Positions count from 1 and include both ends; of an
// insertion they are the bases on its two sides. Bases are those of a substitution.
type place struct {
	build, chromosome      string
	start, stop            int
	reference, replacement string
}

// placeOf reads an HGVS text; false if it is not on a chromosome of a known build.
func placeOf(text string) (place, bool) {
	m := genomic.FindStringSubmatch(text)
	if m == nil {
		return place{}, false
	}
	number, _ := strconv.Atoi(m[1])
	version, err := strconv.Atoi(m[2])
	if number < 1 || number > len(versionsOfGRCh37) || err != nil {
		return place{}, false
	}
	p := place{build: buildNames[version-versionsOfGRCh37[number-1]], chromosome: chromosomeName(number), reference: m[5], replacement: m[6]}
	start, err1 := strconv.Atoi(m[3])
	stop, err2 := start, error(nil)
	if m[4] != "" {
		stop, err2 = strconv.Atoi(m[4])
	}
	p.start, p.stop = start, stop
	return p, p.build != "" && err1 == nil && err2 == nil && start >= 1 && start <= stop
}

func chromosomeName(number int) string {
	switch number {
	case 23:
		return "X"
	case 24:
		return "Y"
	}
	return strconv.Itoa(number)
}

// genomicHGVS is the one text of the list on a chromosome of the build; false if there is
// none, or several that differ.
func genomicHGVS(list []any, build string) (string, bool) {
	found := ""
	for _, element := range list {
		text, _ := element.(string)
		if p, ok := placeOf(text); !ok || p.build != build || text == found {
			continue
		}
		if found != "" {
			return "", false
		}
		found = text
	}
	return found, found != ""
}
