using Pagewise.Architecture.Tests.Metadata;

namespace Pagewise.Architecture.Tests;

public class FloorsTests
{
    private const string Fixtures = "Pagewise.Architecture.Tests.Fixtures.";

    [Fact]
    public void NoProjectUsesAFloorThatIsNotBelowIt() =>
        Floors.Violations(House.Assemblies.SelectMany(facts => facts.Uses), type => type.Assembly, Floors.Below).ShouldBeEmpty();

    [Fact]
    public void EveryAssemblyOfTheHouseWasRead()
    {
        House.Assemblies.Select(facts => facts.Name).ShouldBe(Floors.Below.Keys);
        House.Assembly("Pagewise.Kernel").Uses.Count.ShouldBeGreaterThan(20);
    }

    [Fact]
    public void AUseOfAHigherFloorIsNamedWithBothTypes()
    {
        var below = new Dictionary<string, string[]>(StringComparer.Ordinal)
        {
            [Fixtures + "Cellar"] = [],
            [Fixtures + "Attic"] = [Fixtures + "Cellar", Fixtures + "Loft"],
            [Fixtures + "Loft"] = [Fixtures + "Cellar"],
        };

        Floors.Violations(House.Tests.Uses, type => type.Namespace, below).ShouldBe(
        [
            $"{Fixtures}Cellar.Shelf uses {Fixtures}Attic.Trunk`1, and {Fixtures}Attic is not below {Fixtures}Cellar",
        ]);
    }

    [Fact]
    public void NoFolderOfAProjectIsInACircleWithAnother()
    {
        foreach (AssemblyFacts facts in House.Assemblies)
            Circles.Find(facts.Uses, type => type.Assembly == facts.Name).ShouldBeEmpty(facts.Name);
    }

    [Fact]
    public void ACircleIsNamedStepByStep() =>
        Circles.Find(House.Tests.Uses, type => type.Namespace.StartsWith(Fixtures, StringComparison.Ordinal)).ShouldBe(
        [
            $"{Fixtures}Attic.Trunk`1 uses {Fixtures}Loft.Ladder; {Fixtures}Loft.Ladder uses {Fixtures}Cellar.Shelf; "
                + $"{Fixtures}Cellar.Shelf uses {Fixtures}Attic.Trunk`1",
        ]);
}
