using Pagewise.Abi;
using Pagewise.Kernel.Oom;

namespace Pagewise.Kernel.Tests.Oom;

public class OomBadnessTests
{
    private static readonly OomBadness Now = new(new KernelVersion(6, 1));

    [Fact]
    public void PointsArePagesPlusTheAdjustmentsShareOfWhatCouldBeHad() =>
        Now.Points(1747 + 13, 1000, 51031).ShouldBe(1760 + (1000 * 51));

    [Fact]
    public void NobodyWithMinusAThousandIsKilled()
    {
        Now.Points(100_000, -1000, 1000).ShouldBeNull();
        Now.Score(null, 1000).ShouldBe(0);
    }

    [Fact]
    public void ScoresOfToday()
    {
        Now.Score(0, 51031).ShouldBe(666);
        Now.Score(51031, 51031).ShouldBe(1333);
        Now.Score(Now.Points(10, -999, 51031), 51031).ShouldBe(1);
    }

    [Fact]
    public void ScoresBeforeLinux59AreAtLeastZeroAndUnscaled()
    {
        var old = new OomBadness(new KernelVersion(5, 4));
        old.Points(10, -999, 51031).ShouldBe(1);
        old.Score(25_515, 51031).ShouldBe(499);
    }

    [Fact]
    public void RootWasForgivenThreePercentBeforeLinux417()
    {
        new OomBadness(new KernelVersion(4, 14)).Points(10_000, 0, 100_000, isRoot: true).ShouldBe(9_700);
        new OomBadness(new KernelVersion(4, 17)).Points(10_000, 0, 100_000, isRoot: true).ShouldBe(10_000);
    }

    [Fact]
    public void OfEqualsTheLaterIsChosenAndBeforeLinux51TheFirst()
    {
        Now.Choose([5, null, 9, 9, 2]).ShouldBe(3);
        new OomBadness(new KernelVersion(4, 19)).Choose([5, null, 9, 9, 2]).ShouldBe(2);
        Now.Choose([null, null]).ShouldBe(-1);
        Now.Choose([-40, -30, null]).ShouldBe(1);
    }
}
