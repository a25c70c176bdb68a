using System.Text;

namespace Pagewise.Workloads.Tests.Events;

public sealed class StringTableTests
{
    [Fact]
    public void IdsFollowFirstAppearance()
    {
        var table = new StringTable();
        table.Intern("one"u8).ShouldBe(1);
        table.Intern(""u8).ShouldBe(2);
        table.Intern("one"u8).ShouldBe(1);
        table.GetString(1).ShouldBe("one");
        table[0].Length.ShouldBe(0);
        table[2].Length.ShouldBe(0);
    }

    [Fact]
    public void TenThousandStringsKeepTheirIds()
    {
        var table = new StringTable();
        for (int round = 0; round < 2; round++)
        {
            for (int i = 0; i < 10_000; i++)
                table.Intern(Encoding.UTF8.GetBytes($"/usr/lib/file{i}")).ShouldBe(i + 1);
        }

        for (int i = 0; i < 10_000; i++)
            table.GetString(i + 1).ShouldBe($"/usr/lib/file{i}");
    }
}
