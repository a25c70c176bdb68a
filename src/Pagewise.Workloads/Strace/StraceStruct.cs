using Pagewise.Abi;

namespace Pagewise.Workloads;

/// <summary>The structures that strace prints by field and that Pagewise keeps.</summary>
internal static class StraceStruct
{
    /// <summary>Takes struct stat or struct statx.</summary>
    public static void TakeFileStatus(ref Cursor c, out CallFileStatus status)
    {
        status = default;
        while (NextField(ref c, out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("st_mode"u8) || name.SequenceEqual("stx_mode"u8))
            {
                status.Mode = (uint)StraceNumber.Take(ref c, out _);
            }
            else if (name.SequenceEqual("st_size"u8) || name.SequenceEqual("stx_size"u8))
            {
                status.SizeBytes = unchecked((long)StraceNumber.Take(ref c, out _));
                status.HasSize = true;
            }
            else if (name.SequenceEqual("st_ino"u8) || name.SequenceEqual("stx_ino"u8))
            {
                status.Inode = StraceNumber.Take(ref c, out _);
            }
            else if (name.SequenceEqual("st_dev"u8))
            {
                status.Device = StraceNumber.Take(ref c, out _);
            }
            else if (name.SequenceEqual("st_rdev"u8))
            {
                status.DeviceFile = StraceNumber.Take(ref c, out _);
            }
            else
            {
                StraceText.SkipValue(ref c);
            }
        }
    }

    /// <summary>Takes struct rlimit.</summary>
    public static Rlimit TakeLimit(ref Cursor c)
    {
        ulong current = 0;
        ulong maximum = 0;
        while (NextField(ref c, out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("rlim_cur"u8))
                current = TakeExact(ref c);
            else if (name.SequenceEqual("rlim_max"u8))
                maximum = TakeExact(ref c);
            else
                StraceText.SkipValue(ref c);
        }

        return new Rlimit(current, maximum);
    }

    /// <summary>Takes struct timespec as nanoseconds; what does not fit counts as the longest time.</summary>
    public static ulong TakeDuration(ref Cursor c)
    {
        const ulong second = 1_000_000_000;
        ulong seconds = 0;
        ulong nanoseconds = 0;
        while (NextField(ref c, out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("tv_sec"u8))
                seconds = StraceNumber.Take(ref c, out _);
            else if (name.SequenceEqual("tv_nsec"u8))
                nanoseconds = StraceNumber.Take(ref c, out _);
            else
                StraceText.SkipValue(ref c);
        }

        return seconds >= long.MaxValue / second ? long.MaxValue : (seconds * second) + Math.Min(nanoseconds, second - 1);
    }

    /// <summary>Takes struct clone_args.</summary>
    public static void TakeCloneArguments(ref Cursor c, out CallCloneArguments clone)
    {
        clone = default;
        while (NextField(ref c, out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("flags"u8))
                clone.Flags = TakeExact(ref c);
            else if (name.SequenceEqual("pidfd"u8))
                clone.Pidfd = TakeExact(ref c);
            else if (name.SequenceEqual("child_tid"u8))
                clone.ChildTid = TakeExact(ref c);
            else if (name.SequenceEqual("parent_tid"u8))
                clone.ParentTid = TakeExact(ref c);
            else if (name.SequenceEqual("exit_signal"u8))
                clone.ExitSignal = TakeExact(ref c);
            else if (name.SequenceEqual("stack"u8))
                clone.Stack = TakeExact(ref c);
            else if (name.SequenceEqual("stack_size"u8))
                clone.StackSizeBytes = TakeExact(ref c);
            else if (name.SequenceEqual("tls"u8))
                clone.Tls = TakeExact(ref c);
            else
                StraceText.SkipValue(ref c);
        }
    }

    private static ulong TakeExact(ref Cursor c)
    {
        ulong value = StraceNumber.Take(ref c, out int unknown);
        if (unknown < 0)
            return value;
        c.Position = unknown;
        throw c.Fail("a constant that Pagewise knows, or its number");
    }

    /// <summary>Takes the bracket or comma and the next field's <c>name=</c>; false after the closing bracket.</summary>
    private static bool NextField(ref Cursor c, out ReadOnlySpan<byte> name)
    {
        name = default;
        StraceText.SkipComment(ref c);
        if (!c.TryTake((byte)'{') && !c.TryTake((byte)','))
        {
            c.Expect((byte)'}', "a comma or the structure's }");
            return false;
        }

        c.SkipSpaces();
        _ = c.TryTake("..."u8);
        if (c.TryTake((byte)'}'))
            return false;
        name = c.TakeName();
        if (name.IsEmpty)
            throw c.Fail("a field's name");
        if (!c.TryTake((byte)'='))
            throw c.Fail("= after the field's name");
        return true;
    }
}
