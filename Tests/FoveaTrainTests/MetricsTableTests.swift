import FoveaTrain
import Testing

@Suite struct MetricsTableTests {
  private let header = "epoch,step,learning_rate,train_loss,train_top1,train_top5,val_loss,val_top1,val_top5"

  @Test func linesThatAreNoRowsArePassedBy() {
    let lines = [
      "1,10,0.1,2.0,0.25,0.5,1.5,0.5,1", "2,20,0.1,2.0,nan,0.5,1.5,0.5,1", "3,30,0.1,2.0,0.25,0.5,1.5,inf,1",
      "4,40,0.1,2.0,0.25,0.5,1.5,-0.5,1", "5,50,0.1,2.0,0.25,0.5", "six,60,0.1,2.0,0.25,0.5,1.5,0.5,1",
      "7e99,70,0.1,2.0,0.25,0.5,1.5,0.5,1", "8,80,0.1,2.0,0.25,0.5,1.5,0.5,1",
    ]
    let rows = MetricsTable(csv: ([header] + lines).joined(separator: "\n")).rows
    #expect(rows.map(\.epoch) == [1, 8])
  }

  @Test func anEpochWithoutALossIsARowAndNeverTheBest() {
    let rows = MetricsTable(
      csv: "\(header)\n1,10,0.1,nan,0.25,0.5,nan,0.9,1\n2,20,0.1,2,0.25,0.5,1.5,0.5,1\n"
    ).rows
    #expect(rows.count == 2)
    #expect(MetricsTable.best(of: rows, by: .top1)?.epoch == 2)
  }
}
