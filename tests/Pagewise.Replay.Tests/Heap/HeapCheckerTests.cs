using System.Text;
using Pagewise.Replay.Heap;
using Pagewise.Workloads;

namespace Pagewise.Replay.Tests.Heap;

public class HeapCheckerTests
{
    private const string Header = """
        # malloc trace 1
        # glibc 2.36 word 64 x86_64
        # GLIBC_TUNABLES=
        # heap start (sbrk(0) at first call) 0x555555559000

        """;

    private const string Sound = """
        [1] SYS_brk(0x55555557a000) = 0x55555557a000 /* in malloc */
        [1] malloc(24) = 0x5555555592a0
        # brk 0x55555557a000
        [1] free(0x5555555592a0) = <void>
        [1] malloc(20) = 0x5555555592a0
        [1] SYS_mmap(NULL, 200704, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7ffff7d65000 /* in malloc */
        [1] malloc(200000) = 0x7ffff7d65010

        """;

    [Fact]
    public void ASoundRecordingHasNoDifference()
    {
        HeapCheckResult result = Check(Sound);

        result.DifferenceCount.ShouldBe(0);
        result.Results.ShouldBe(6);
        result.Calls.ShouldBe(4);
    }

    [Theory]
    [InlineData("malloc(20) = 0x5555555592a0", "malloc(20) = 0x5555555592b0", "9: malloc: expected 0x5555555592b0, got 0x5555555592a0")]
    [InlineData("# brk 0x55555557a000", "# brk 0x55555557b000", "7: break: expected 0x55555557b000, got 0x55555557a000")]
    [InlineData("NULL, 200704", "NULL, 139264", "10: system call: expected mmap(NULL, 139264, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0), got mmap(NULL, 200704, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)")]
    [InlineData("free(0x5555555592a0) = <void>\n", "malloc(24) = 0x5555555592c0\n", "9: malloc: expected 0x5555555592a0, got 0x5555555592e0")]
    public void EachFalseResultIsTold(string recorded, string altered, string difference) =>
        Check(Sound.Replace(recorded, altered, StringComparison.Ordinal)).Differences.Select(d => d.ToString()).ShouldBe([difference], Case.Insensitive);

    [Fact]
    public void ASystemCallThatTheModelDoesNotMakeIsADifference() =>
        Check(Sound + "[1] SYS_brk(0x55555559b000) = 0x55555559b000 /* in malloc */\n[1] malloc(24) = 0x5555555592c0\n")
            .Differences.ShouldHaveSingleItem().ToString().ShouldBe("12: system call: expected brk(0x55555559b000), got none");

    [Fact]
    public void AfterADifferenceTheModelGoesOnWithItsOwnAddresses() =>
        Check(Sound.Replace("malloc(20) = 0x5555555592a0", "malloc(20) = 0x555555559f00", StringComparison.Ordinal)
            + "[1] free(0x555555559f00) = <void>\n[1] malloc(20) = 0x5555555592a0\n").DifferenceCount.ShouldBe(1);

    [Fact]
    public void PointersThatNoCallReturnedAreCounted()
    {
        HeapCheckResult result = Check(Sound + "[1] free(0x1234) = <void>\n[1] realloc(0x1234, 5) = 0x77\n[1] malloc(24) = 0x5555555592a0\n");

        result.Warnings.ShouldBe([
            KeyValuePair.Create("a result that is the address of a live block", 1L),
            KeyValuePair.Create("free of a pointer that is no live block", 1L),
            KeyValuePair.Create("realloc of a pointer that is no live block", 1L)]);
    }

    [Fact]
    public void AddressesThatAFormatDoesNotDetermineAreCountedNotCompared()
    {
        const string ltrace = "7 malloc(24) = 0x1010\n7 malloc(99) = 0x2020\n7 free(0x1010) = <void>\n7 malloc(9) = 0x1010\n";
        using RecordingReader reader = RecordingReader.Open("test.log", new MemoryStream(Encoding.UTF8.GetBytes(ltrace)));
        HeapCheckResult result = HeapChecker.Check(reader);

        result.Calls.ShouldBe(4);
        result.DifferenceCount.ShouldBe(0);
        result.Warnings.ShouldBe([KeyValuePair.Create("an address that the format does not determine", 3L)]);
    }

    [Fact]
    public void AnotherPlatformOrReleaseIsOneClearLine()
    {
        Should.Throw<RecordingException>(() => CheckText("# glibc 2.20 word 64 x86_64\n[1] malloc(1) = 0x10\n"))
            .Message.ShouldStartWith("test: is of glibc 2.20; modelled are 2.31, ");
        Should.Throw<RecordingException>(() => CheckText("# glibc 2.36 word 64 s390x\n[1] malloc(1) = 0x10\n"))
            .Message.ShouldBe("test: is of s390x; modelled are x86_64, i386, armhf");
    }

    [Fact]
    public void ACutRecordingIsCheckedAsFarAsItGoes()
    {
        string whole = Header + Sound;
        for (int length = 1; length < whole.Length; length += 7)
        {
            try
            {
                CheckText(whole[..length]).Differences.Where(d => d.What is not ("break" or "malloc")).ShouldBeEmpty();
            }
            catch (RecordingException cut)
            {
                cut.Message.ShouldStartWith("test");
            }
        }
    }

    private static HeapCheckResult Check(string calls) => CheckText(Header + calls);

    private static HeapCheckResult CheckText(string text)
    {
        using RecordingReader reader = RecordingReader.Open("test", new MemoryStream(Encoding.UTF8.GetBytes(text)));
        return HeapChecker.Check(reader);
    }
}
