package french

// Distance is how many typing errors lie between two words: a letter left out, added, changed, or two letters the wrong way round (the restricted
// distance of Damerau and Levenshtein).
func Distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	const longest = 80 // a label is shorter
	if len(x) > longest || len(y) > longest {
		return max(len(x), len(y))
	}
	before, last, row := make([]int, len(y)+1), make([]int, len(y)+1), make([]int, len(y)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(x); i++ {
		row[0] = i
		for j := 1; j <= len(y); j++ {
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(y)]
}
