namespace Pagewise.Malloc.Tests;

public class DistributionPresetTests
{
    [Fact]
    public void EveryPresetNamesAModelledReleaseAndItsSource()
    {
        foreach (DistributionPreset preset in DistributionPreset.All)
        {
            AllocatorModels.Releases.ShouldContain(preset.Release, preset.Name);
            preset.Source.ShouldNotBeEmpty(preset.Name);
            DistributionPreset.Resolve(preset.Name).ShouldBe(preset.Release);
        }

        DistributionPreset.All.Select(preset => preset.Name).ShouldBeUnique();
    }

    [Theory]
    [InlineData("2.36", "2.36")]
    [InlineData("2.42-branch", "2.42-branch")]
    [InlineData("ubuntu-24.04", "2.39")]
    [InlineData("ubuntu", null)]
    [InlineData("2.30", null)]
    [InlineData("", null)]
    public void AReleaseGoesByItsOwnNameToo(string name, string? release) => DistributionPreset.Resolve(name).ShouldBe(release);
}
