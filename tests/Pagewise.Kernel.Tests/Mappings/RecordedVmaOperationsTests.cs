using Pagewise.Abi;

namespace Pagewise.Kernel.Tests.Mappings;

public sealed class RecordedVmaOperationsTests
{
    public static TheoryData<string, int, int> Recordings =>
    [
        .. from release in new[] { ("vmaops", 1), ("host_live", 18) }
           from seed in Enumerable.Range(1, 12)
           select new TheoryDataRow<string, int, int>(release.Item1, release.Item2, seed),
    ];

    [Theory]
    [MemberData(nameof(Recordings))]
    public void EveryOperationEndsAsTheRecordedKernelEndedIt(string folder, int minor, int seed)
    {
        using RecordedVmaOperations operations = new(new KernelVersion(6, minor));
        string[] lines = RecordedVmaOperations.Lines(folder, seed);
        lines.Length.ShouldBe(400);
        foreach (string line in lines)
            operations.Do(line).ShouldBe(line);
    }
}
