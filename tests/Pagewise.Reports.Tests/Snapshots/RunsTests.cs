using Pagewise.Reports.Snapshots;

namespace Pagewise.Reports.Tests.Snapshots;

public sealed class RunsTests
{
    [Fact]
    public void PagesThatContinueARunLengthenIt()
    {
        var runs = new Runs();
        runs.Add(10, 1, 3, 100);
        runs.Add(11, 2, 3, 101);
        runs.Add(13, 1, 3, 50);
        runs.Add(14, 1, 4, 51);
        runs.Add(20, 1, 4, 52);
        runs.Start.ShouldBe([10, 13, 14, 20]);
        runs.Count.ShouldBe([3, 1, 1, 1]);
        runs.At.ShouldBe([100, 50, 51, 52]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void CellsTellWhatMostOfTheirPagesAre(int seed)
    {
        var random = new Random(seed);
        int[] kinds = new int[4096];
        var runs = new Runs();
        for (int page = 0; page < kinds.Length; page++)
        {
            kinds[page] = random.Next(5) == 0 || page == 0 ? random.Next(4) : kinds[page - 1];
            if (kinds[page] != 0)
                runs.Add(page, 1, kinds[page], page * 2);
        }

        foreach (int most in (int[])[1, 10, 100, 500])
        {
            Runs coarse = runs.Within(most, kind => kind);
            coarse.Start.Count.ShouldBeLessThanOrEqualTo(most);
            coarse.At.ShouldBeEmpty();
            int[] drawn = new int[kinds.Length];
            for (int run = 0; run < coarse.Start.Count; run++)
                Array.Fill(drawn, coarse.Kind[run], (int)coarse.Start[run], (int)Math.Min(coarse.Count[run], kinds.Length - coarse.Start[run]));
            for (int cell = 0; cell < kinds.Length; cell += (int)coarse.CellPages)
            {
                int[] votes = new int[4];
                for (int page = cell; page < cell + coarse.CellPages && page < kinds.Length; page++)
                    votes[kinds[page]]++;
                votes[drawn[cell]].ShouldBe(votes.Max());
                drawn[cell..Math.Min(kinds.Length, cell + (int)coarse.CellPages)].Distinct().Count().ShouldBe(1);
            }
        }
    }
}
