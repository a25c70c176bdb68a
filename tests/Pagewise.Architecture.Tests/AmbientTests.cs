using Pagewise.Architecture.Tests.Metadata;

namespace Pagewise.Architecture.Tests;

public class AmbientTests
{
    [Theory]
    [InlineData("Pagewise.Kernel")]
    [InlineData("Pagewise.Malloc")]
    public void TheModelReachesForNothingAmbient(string assembly) => Ambient.Violations(House.Assembly(assembly).Members).ShouldBeEmpty();

    [Fact]
    public void EveryAmbientReachIsFound()
    {
        const string User = "Pagewise.Architecture.Tests.Fixtures.AmbientUser";
        string[] reaches =
        [
            "System.DateTime.get_Now", "System.Diagnostics.Stopwatch.GetTimestamp", "System.Random.get_Shared", "System.Random.Next",
            "System.Environment.get_TickCount64", "System.Collections.Generic.Dictionary`2.GetEnumerator", "System.Console.get_Out",
            "System.IO.TextWriter.Flush", "System.Reflection.Assembly.GetTypes", "System.Environment.get_CurrentManagedThreadId",
        ];
        IEnumerable<MemberUse> members = House.Tests.Members.Where(member => member.From.ToString() == User);

        Ambient.Violations(members).ShouldBe(reaches.Select(reach => $"{User} uses {reach}").Order(StringComparer.Ordinal));
    }
}
