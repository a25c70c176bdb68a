using System.Text;

namespace Pagewise.Procfs.Tests;

public sealed class MapsLineTests
{
    [Theory]
    [InlineData("00400000-00401000 r--p 00000000 fe:00 11657405                           /corpus/bin/vmfuzz")]
    [InlineData("00404000-00456000 rw-p 00000000 00:00 0 ")]
    [InlineData("7ffff7ff7000-7ffff7ffb000 r--p 00000000 00:00 0                          [vvar]")]
    [InlineData("7ffff7ffb000-7ffff7ffd000 r--p 00000000 00:00 0                          [vvar_vclock]")]
    [InlineData("7ffff7d7f000-7ffff7d8f000 rw-s 00000000 00:01 9829                       /dev/zero (deleted)")]
    [InlineData("ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]")]
    [InlineData("5581d1e0e000-5581d1e10000 r--p 00000000 fd:01 2621473                    /a path with  spaces/and\\012newline")]
    public void ALineOfTheKernelIsReadAndWrittenUnchanged(string line)
    {
        MapsLine.TryParse(Encoding.UTF8.GetBytes(line), out MapsLine parsed, out int column).ShouldBeTrue();
        column.ShouldBe(0);
        parsed.ToString().ShouldBe(line);
    }

    [Fact]
    public void TheLinesOfThisProcessAreReadAndWrittenUnchanged()
    {
        string[] lines = File.ReadAllLines("/proc/self/maps");
        lines.Length.ShouldBeGreaterThan(20);
        foreach (string line in lines)
        {
            MapsLine.TryParse(Encoding.UTF8.GetBytes(line), out MapsLine parsed, out _).ShouldBeTrue(line);
            parsed.ToString().ShouldBe(line);
        }
    }

    [Theory]
    [InlineData("", 1)]
    [InlineData("00400000", 9)]
    [InlineData("00401000-00400000 r--p 00000000 00:00 0 ", 18)]
    [InlineData("00400000-00401000 r-yp 00000000 00:00 0 ", 21)]
    [InlineData("00400000-00401000 r--p 00000000 0000 0 ", 37)]
    [InlineData("00400000-00401000 r--p 00000000 00:00 x ", 39)]
    [InlineData("ffffffffffffffffff-00401000 r--p 00000000 00:00 0 ", 1)]
    public void ADamagedLineSaysWhereItStopsMakingSense(string line, int expected)
    {
        MapsLine.TryParse(Encoding.UTF8.GetBytes(line), out _, out int column).ShouldBeFalse();
        column.ShouldBe(expected);
    }
}
