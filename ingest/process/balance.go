package process

// balance checks the page that ends: what the doors counted, who know nothing of
// what became of a message, against what was counted here. It is the ledger's
// check of itself: a message that was acked and never processed is told where
// it was lost, as soon as its page ends.
func (w *writer) balance() {
	closed := w.closed
	w.closed = w.page.End()
	i, broken := w.page.Imbalance(closed)
	if !broken {
		return
	}
	w.opt.Metrics.unbalanced.Add(float64(i.Total()))
	w.opt.Logger.Error("the ledger does not balance: what was acked is not what was accounted for", "where", i.String(), "began", i.Began)
	if w.opt.Unbalanced != nil {
		w.opt.Unbalanced(i)
	}
}
