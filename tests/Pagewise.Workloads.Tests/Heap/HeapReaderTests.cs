using System.Text;
using Pagewise.Abi;

namespace Pagewise.Workloads.Tests.Heap;

public sealed class HeapReaderTests
{
    [Theory]
    [InlineData("[1] malloc(24) = 0x5555555592a0", HeapFunction.Malloc, 24UL, 0UL, 0x5555555592a0UL)]
    [InlineData("[1] calloc(4, 18446744073709551615) = 0", HeapFunction.Calloc, 4UL, ulong.MaxValue, 0UL)]
    [InlineData("[1] realloc(0x5555555592a0, 0) = 0", HeapFunction.Realloc, 0x5555555592a0UL, 0UL, 0UL)]
    [InlineData("[1] free(0) = <void>", HeapFunction.Free, 0UL, 0UL, 0UL)]
    [InlineData("[1] posix_memalign(64, 100) = 0x1000", HeapFunction.PosixMemalign, 64UL, 100UL, 0x1000UL)]
    [InlineData("[1] mallopt(-3, 65536) = 1", HeapFunction.Mallopt, unchecked((ulong)-3), 65536UL, 1UL)]
    [InlineData("[1] malloc_usable_size(0x10) = 24", HeapFunction.MallocUsableSize, 16UL, 0UL, 24UL)]
    public void CallsOfTheFamilyAreTaken(string line, HeapFunction function, ulong arg0, ulong arg1, ulong result)
    {
        EventBatch batch = Read(line);
        HeapCallRecord call = batch.HeapCalls[0];
        (call.Function, call.Arg0, call.Arg1, call.Result, call.HasResult, call.Error).ShouldBe((function, arg0, arg1, result, true, Errno.None));
        batch.Events[0].ShouldBe(new Event(EventKind.HeapCall, 0, 1, 1, 1));
    }

    [Fact]
    public void AnErrorIsKeptByItsNumber()
    {
        HeapCallRecord call = Read("[1] posix_memalign(3, 100) = 0 EINVAL").HeapCalls[0];
        call.Error.ShouldBe(Errno.EINVAL);
        call.Result.ShouldBe(0UL);
    }

    [Fact]
    public void SystemCallsSayWhetherMallocMadeThem()
    {
        EventBatch batch = Read(
            """
            [2] SYS_brk(0x55555557d000) = 0x55555557d000 /* in malloc */
            [2] SYS_mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, 3, 0) = 0x7ffff7fb4000
            [2] SYS_munmap(0x7ffff7fb4000, 4096) = 0 /* after the last recorded call */
            [2] SYS_mmap2(NULL, 4096, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0xf7d8f000 /* in malloc */
            """);
        batch.Calls[0].Flags.ShouldBe(CallFlags.HasResult | CallFlags.InMalloc);
        batch.Calls[1].Flags.ShouldBe(CallFlags.HasResult);
        batch.Calls[2].Flags.ShouldBe(CallFlags.HasResult | CallFlags.AfterLastCall);
        batch.Calls[3].Flags.ShouldBe(CallFlags.HasResult | CallFlags.InMalloc | CallFlags.Mmap2);
        batch.Events[3].Tid.ShouldBe(2);
    }

    [Theory]
    [InlineData("# malloc trace 1; recorder rec.c", NoteKind.Header, 0UL, "malloc trace 1; recorder rec.c")]
    [InlineData("# program: /usr/bin/jq .", NoteKind.HeapProgram, 0UL, "/usr/bin/jq .")]
    [InlineData("# glibc 2.36 word 64 x86_64", NoteKind.HeapGlibc, 0UL, "2.36 word 64 x86_64")]
    [InlineData("# GLIBC_TUNABLES=glibc.malloc.tcache_count=0", NoteKind.HeapTunables, 0UL, "glibc.malloc.tcache_count=0")]
    [InlineData("# heap start (sbrk(0) at first call) 0x55555555c000", NoteKind.HeapStart, 0x55555555c000UL, "0x55555555c000")]
    [InlineData("# brk 0x5000", NoteKind.HeapBreak, 0x5000UL, "0x5000")]
    [InlineData("# brk 0x5000 (moved outside recorded calls)", NoteKind.HeapForeignBreak, 0x5000UL, "0x5000 (moved outside recorded calls)")]
    [InlineData("# mallinfo2 final after_call=20000 arena=1", NoteKind.HeapMallinfo2, 20000UL, "final after_call=20000 arena=1")]
    [InlineData("# end: truncated at REC_MAX; calls 7; unlogged 0", NoteKind.HeapEnd, 0UL, "truncated at REC_MAX; calls 7; unlogged 0")]
    [InlineData("# final sbrk(0) 0x6000", NoteKind.HeapFinalBreak, 0x6000UL, "0x6000")]
    public void CommentsAreSorted(string line, NoteKind kind, ulong value, string body)
    {
        EventBatch batch = Read($"{line}\n[1] free(0) = <void>");
        NoteRecord note = batch.Notes[0];
        (note.Kind, note.Value, Encoding.ASCII.GetString(batch.Body(note))).ShouldBe((kind, value, body));
    }

    [Fact]
    public void AThreadsEndIsACall()
    {
        EventBatch batch = Read("[3] free(0) = <void>\n# [3] thread-exit (its tcache is flushed here)");
        batch.HeapCalls[1].Function.ShouldBe(HeapFunction.ThreadExit);
        batch.Events[1].Tid.ShouldBe(3);
    }

    [Fact]
    public void Mallinfo2IsReadByItsNames()
    {
        Mallinfo2.TryParse("after_call=10000 arena=1 ordblks=2 smblks=3 hblks=4 hblkhd=5 usmblks=6 fsmblks=7 uordblks=8 fordblks=9 keepcost=10"u8, out Mallinfo2 info).ShouldBeTrue();
        info.ShouldBe(new Mallinfo2(1, 2, 3, 4, 5, 6, 7, 8, 9, 10));
        Mallinfo2.TryParse("arena=1"u8, out _).ShouldBeFalse();
    }

    [Theory]
    [InlineData("[1] malloc(24) = 0x1\n[1] strdup(24) = 0x1", 2, 5, "a function of the malloc family")]
    [InlineData("[1] malloc(24 = 0x1", 1, 14, ") = and the result")]
    [InlineData("[1] malloc(24) = <void>", 1, 24, "only free has none")]
    [InlineData("[1] free(0x1) = <void> x", 1, 24, "the end of the line")]
    [InlineData("[0] free(0x1) = <void>", 1, 2, "a thread's number and ]")]
    [InlineData("[1] SYS_nosuchcall(NULL) = 0", 1, 9, "a memory system call")]
    public void AMistakeIsNamedWithItsPlace(string text, long line, long column, string expected)
    {
        RecordingException fault = Should.Throw<RecordingException>(() => Recorded.Text(text, "bad.txt"));
        (fault.Line, fault.Column).ShouldBe((line, column), fault.Message);
        fault.Message.ShouldContain(expected);
    }

    private static EventBatch Read(string text)
    {
        using RecordingReader reader = RecordingReader.Open("t", new MemoryStream(Encoding.ASCII.GetBytes(text)));
        reader.Format.ShouldBe(RecordingFormat.Heap);
        var batch = new EventBatch();
        reader.Read(batch).ShouldBeTrue();
        return batch;
    }
}
